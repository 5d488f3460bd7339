import { randomUUID } from 'node:crypto'
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common'
import type { ProblemDocument } from '@platform/contracts'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { Refusal } from './refusal.ts'

type Problem = Pick<ProblemDocument, 'status' | 'code' | 'detail' | 'errors'>

/** Turns whatever a handler throws into an RFC 9457 problem document. What nobody foresaw is logged and told without details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>()
    const problem = problemOf(error)
    const traceId = traceIdOf(request)
    // What is away now is told by whoever watches it, not by every request that finds it so.
    if (problem.status >= 500 && problem.status !== 503)
      this.#logger.error({ err: error, traceId, method: request.method, url: request.url }, 'a request failed')
    send(host.switchToHttp().getResponse<FastifyReply>(), problem, traceId)
  }
}

/** For what Fastify refuses before it looks for a handler: a path that cannot be decoded. Given to it as `frameworkErrors`. */
export function refuseUnroutable(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  send(reply, problemOf(error), traceIdOf(request))
}

function send(reply: FastifyReply, problem: Problem, traceId: string): void {
  const title = titles[problem.status] ?? 'Error'
  const document: ProblemDocument = { type: 'about:blank', title, ...problem, traceId }
  void reply.status(problem.status).type('application/problem+json').send(JSON.stringify(document))
}

function problemOf(error: unknown): Problem {
  if (error instanceof Refusal)
    return { status: error.status, code: error.code, detail: error.message, errors: [...error.errors] }
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error)
  if (status !== undefined)
    return { status, code: codes[status] ?? 'REFUSED', detail: (error as Error).message, errors: [] }
  return (
    databaseProblem(error) ?? {
      status: 500,
      code: 'UNEXPECTED',
      detail: 'the request could not be carried out; nothing was written',
      errors: [],
    }
  )
}

/** Fastify's own refusals bear their status. */
function statusOf(error: unknown): number | undefined {
  const { statusCode } = error as { statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined
}

/** Faults of the database that are the request's, and those that pass by themselves. */
function databaseProblem(error: unknown): Problem | undefined {
  const { code, constraint, detail } = error as { code?: string; constraint?: string; detail?: string }
  if (code === 'READ_MODEL_UNAVAILABLE') return { status: 503, code, detail: (error as Error).message, errors: [] }
  if (code === '23503')
    return {
      status: 422,
      code: 'UNKNOWN_REFERENCE',
      detail: detail ?? 'something that is named does not exist',
      errors: [{ path: fieldOf(constraint), message: detail ?? 'does not exist' }],
    }
  if (code === '23505')
    return { status: 409, code: 'EXISTS_ALREADY', detail: detail ?? 'it exists already', errors: [] }
  const isAway = code !== undefined && (passing.test(code) || ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code))
  const message = error instanceof Error ? error.message : ''
  if (
    isAway ||
    /connection (terminated|timeout|ended)|timeout exceeded when trying to connect|query read timeout/i.test(message)
  ) {
    return {
      status: 503,
      code: 'DATABASE_UNAVAILABLE',
      detail:
        'the database does not answer now: try again in a moment (a command with an Idempotency-Key is done once)',
      errors: [],
    }
  }
  return undefined
}

/** Connection lost, resources short, shutting down, out of time; a deadlock or a lock that another one holds. */
const passing = /^(08...|53...|57P..|57014|40001|40P01|55P03)$/

/** `matches_division_id_fkey` → `divisionId` */
function fieldOf(constraint: string | undefined): string {
  const column = /^[a-z]+_(.+)_fkey$/.exec(constraint ?? '')?.[1] ?? ''
  return column.startsWith('athlete')
    ? 'athleteIds'
    : column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

const titles: Record<number, string> = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Request body too large',
  414: 'Path too long',
  415: 'Unsupported media type',
  422: 'Contradiction',
  500: 'Unexpected error',
  503: 'Unavailable',
}

const codes: Record<number, string> = {
  400: 'MALFORMED',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  414: 'PATH_TOO_LONG',
  415: 'MEDIA_TYPE',
  503: 'UNAVAILABLE',
}

/** The trace that the caller belongs to, or a new one. */
export function traceIdOf(request: FastifyRequest): string {
  const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(
    String(request.headers['traceparent'] ?? ''),
  )
  return traceparent?.[1] ?? randomUUID().replaceAll('-', '')
}
