import type { ProblemDocument } from '@platform/contracts'
import { traceIdOf } from '@platform/http'
import type { FastifyReply, FastifyRequest } from 'fastify'

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
