import { constants } from 'node:zlib'
import compress from '@fastify/compress'
import files from '@fastify/static'
import { fastify, type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { errorHandler, sendProblem } from './problem.ts'
import { queryApi } from './queryApi.ts'
import { securityHeaders } from './securityHeaders.ts'

export interface AppOptions {
  /** The folder of the built page. */
  page: string
  queryUrl: string
  logger: Logger
}

const yearInSeconds = 31_536_000

/** Serves the page, and the query service under `/api`. */
export async function createApp({ page, queryUrl, logger }: AppOptions): Promise<FastifyInstance> {
  const onError = errorHandler(logger)
  const app = fastify({
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: onError,
  })
  app.setErrorHandler(onError)
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(securityHeaders)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, {
      status: 404,
      title: 'Not found',
      code: 'NOT_FOUND',
      detail: `there is nothing at ${request.url}`,
    }),
  )
  // Leaves the stream of changes alone: text/event-stream is not among the types that it compresses.
  await app.register(compress, {
    threshold: 1_024,
    encodings: ['br', 'gzip'],
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } },
  })
  await app.register(files, {
    root: page,
    cacheControl: false,
    setHeaders: (reply, path) => {
      void reply.header('Cache-Control', cacheControlOf(path.slice(page.length)))
    },
  })
  await app.register(queryApi, { url: queryUrl })
  app.get('/livez', () => ({ status: 'ok' }))
  return app
}

/** Files with a hash or a version in their address never change; the page itself says which of them it wants. */
const cacheControlOf = (path: string) =>
  path.startsWith('/assets/') ? `public, max-age=${yearInSeconds}, immutable` : 'no-cache'
