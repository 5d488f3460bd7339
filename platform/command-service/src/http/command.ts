import { applyDecorators, Header } from '@nestjs/common'
import { ApiHeader, ApiResponse } from '@nestjs/swagger'
import { problem } from '@platform/contracts'
import { jsonSchema } from '@platform/http'
import { z } from 'zod'

/** The answer to a command. A query that is given the position as `after` waits for it. */
export const accepted = z.object({ ok: z.literal(true), position: z.int() }).meta({ id: 'Accepted' })
export const created = z.object({ ok: z.literal(true), id: z.uuid(), position: z.int() }).meta({ id: 'Created' })

const refusals: Record<number, string> = {
  400: 'The request is malformed: what and where',
  404: 'Something that is named does not exist',
  409: 'It has happened already, or is happening',
  422: 'It contradicts what is known',
}

/** What every command has in common in the documentation: the key, the answer, the refusals. */
export function Command(answer: z.ZodType, status = 201): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'Send the same command again under the same key, and it is done once',
    }),
    ApiResponse({ status, description: 'Done, and its event is in the outbox', standardSchema: answer }),
    ...Object.entries(refusals).map(([status, description]) =>
      ApiResponse({
        status: Number(status),
        description,
        content: { 'application/problem+json': { schema: jsonSchema(problem) } },
      }),
    ),
    Header('Cache-Control', 'no-store'),
  )
}
