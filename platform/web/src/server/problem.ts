import type { ProblemDocument } from '@platform/contracts'
import { traceIdOf } from '@platform/http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { securityHeaders } from './securityHeaders.ts'

type Problem = Pick<ProblemDocument, 'status' | 'title' | 'code' | 'detail'>

/** Answers with an RFC 9457 problem document, as the services behind this one do. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const document: ProblemDocument = { type: 'about:blank', ...problem, errors: [], traceId: traceIdOf(request) }
  return reply
    .status(problem.status)
    .header('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(document))
}

/** A request that is at fault is told so; what nobody foresaw is logged and told without details. */
export const errorHandler =
  (logger: Logger) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    // An address that cannot even be read passes no hook.
    reply.headers(securityHeaders)
    const { statusCode = 500 } = error
    if (statusCode < 500)
      return sendProblem(request, reply, {
        status: statusCode,
        title: 'Bad request',
        code: 'MALFORMED',
        detail: error.message,
      })
    logger.error({ err: error, method: request.method, url: request.url }, 'a request failed')
    return sendProblem(request, reply, {
      status: 500,
      title: 'Unexpected error',
      code: 'UNEXPECTED',
      detail: 'the request could not be answered',
    })
  }
