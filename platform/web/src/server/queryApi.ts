import proxy from '@fastify/http-proxy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problem.ts'

const prefix = '/api'

/** Longer than the stream of changes is ever silent. */
const bodyTimeoutMs = 60_000

/** The query service under `/api`, so that the page needs no other host. Only reading goes through. */
export async function queryApi(app: FastifyInstance, { url }: { url: string }): Promise<void> {
  await app.register(proxy, {
    upstream: url,
    prefix,
    httpMethods: ['GET', 'HEAD'],
    undici: { connections: null, bodyTimeout: bodyTimeoutMs, headersTimeout: 15_000 },
    replyOptions: {
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
