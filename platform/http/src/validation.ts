import { StandardSchemaValidationPipe } from '@nestjs/common'
import { z } from 'zod'
import { Refusal } from './refusal.ts'

/** All that is wrong with a request in one problem document: where and what. */
export const validation = (): StandardSchemaValidationPipe =>
  new StandardSchemaValidationPipe({
    exceptionFactory: (issues) => {
      const errors = issues.map((issue) => ({
        path: (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
        message: issue.message,
      }))
      const first = errors[0]
      return new Refusal(
        400,
        'VALIDATION_FAILED',
        first === undefined
          ? 'the request is not valid'
          : `${first.path === '' ? 'the request' : first.path}: ${first.message}`,
        errors,
      )
    },
  })

/** A line of text as people write it: trimmed, not empty, without control characters. */
export const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters')

export const id = z.uuid('must be a uuid')

/** A schema as OpenAPI writes it. */
export const jsonSchema = (schema: z.ZodType): Record<string, unknown> =>
  z.toJSONSchema(schema, { target: 'openapi-3.0' }) as Record<string, unknown>
