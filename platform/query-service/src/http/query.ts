import { createHash } from 'node:crypto'
import { applyDecorators } from '@nestjs/common'
import { ApiHeader, ApiResponse } from '@nestjs/swagger'
import { type AnswerMeta, problem } from '@platform/contracts'
import { jsonSchema } from '@platform/http'
import type { LiveWatermarks } from 'cornerman'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

/** `?after=<position>`: waits until the answer reflects that position of the outbox. */
export const after = z.coerce
  .number('must be the position that a command has answered')
  .int('must be the position that a command has answered')
  .min(0, 'must be the position that a command has answered')
  .optional()
  .describe('Wait until the answer reflects this position, as a command has answered it (read your own writes)')

/** What every query has in common in the documentation. */
export function Answers(answer: z.ZodType): MethodDecorator {
  const refusals: Record<number, string> = {
    400: 'The request is malformed: what and where',
    404: 'There is no such thing',
    503: 'The read model cannot be read now',
  }
  return applyDecorators(
    ApiHeader({ name: 'If-None-Match', required: false, description: 'The ETag of an answer that you have' }),
    ApiResponse({ status: 200, description: 'The answer, and how fresh it is', standardSchema: answer }),
    ApiResponse({ status: 304, description: 'What you have is still the answer' }),
    ...Object.entries(refusals).map(([status, description]) =>
      ApiResponse({
        status: Number(status),
        description,
        content: { 'application/problem+json': { schema: jsonSchema(problem) } },
      }),
    ),
  )
}

/**
 * Answers, or says 304 when the caller has this answer already: a weak ETag from the generation, the position of the last change
 * of a document, and the request.
 */
export function reply<T extends { meta: AnswerMeta }>(
  request: FastifyRequest,
  response: FastifyReply,
  live: LiveWatermarks,
  body: T,
): T | undefined {
  if ('after' in body.meta) {
    // Whether it reflects the position is true of this answer only.
    void response.header('Cache-Control', 'no-store')
    return body
  }
  const changedAt = Math.max(...live.watermarks.map((each) => each.contentPosition))
  const etag = `W/"g${live.generation}-${changedAt}-${createHash('sha1').update(request.url).digest('base64url').slice(0, 8)}"`
  void response.header('ETag', etag).header('Cache-Control', 'public, max-age=1, stale-while-revalidate=30')
  if (!isKnown(etag, request.headers['if-none-match'])) return body
  void response.status(304)
  return undefined
}

/** Whether the caller has it: one of a list, or whatever there is. */
const isKnown = (etag: string, ifNoneMatch: string | undefined): boolean =>
  (ifNoneMatch ?? '').split(',').some((each) => each.trim() === etag || each.trim() === '*')
