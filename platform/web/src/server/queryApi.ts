import proxy from '@fastify/http-proxy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problem.ts'

const prefix = '/api'
const routes = ['/rankings', '/rankings/stream', '/divisions', '/athletes/:id']

/** Longer than the stream of changes is ever silent. */
const bodyTimeoutMs = 60_000

/** What the page reads of the query service, under `/api`, so that it needs no other host. */
export async function queryApi(app: FastifyInstance, { url }: { url: string }): Promise<void> {
  await app.register(proxy, {
    upstream: url,
    prefix,
    routes,
    httpMethods: ['GET', 'HEAD'],
    undici: { connections: null, bodyTimeout: bodyTimeoutMs, headersTimeout: 15_000 },
    replyOptions: {
      // Whether to ask again is for the page to say.
      retryDelay: () => null,
      rewriteHeaders: ({ link, ...headers }) =>
        link === undefined ? headers : { ...headers, link: String(link).replaceAll('</', `<${prefix}/`) },
      onError: (reply, { error }) => {
        const isLate = 'statusCode' in error && error.statusCode === 504
        sendProblem(reply.request as FastifyRequest, reply as FastifyReply, {
          status: isLate ? 504 : 503,
          title: 'Unavailable',
          code: 'QUERY_SERVICE_UNAVAILABLE',
          detail: 'the query service does not answer now: try again in a moment',
        })
      },
    },
  })
}
