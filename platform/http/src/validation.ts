import type { ArgumentMetadata, PipeTransform } from '@nestjs/common'
import { z } from 'zod'
import { Refusal } from './refusal.ts'

/** Validates by the schema that stands at the parameter. All that is wrong is told in one problem document: where and what. */
export class Validation implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { schema, data } = metadata
    const result = await schema?.['~standard'].validate(value)
    if (result === undefined) return value
    if (result.issues === undefined) return result.value
    // A parameter of the path is one value with a name; bodies and queries have the names in them.
    throw refusalOf(result.issues, data === undefined ? [] : [data])
  }
}

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

function refusalOf(issues: readonly Issue[], root: readonly string[]): Refusal {
  const errors = issues.map(({ path = [], message }) => ({
    path: [...root, ...path.map((part) => String(typeof part === 'object' ? part.key : part))].join('.'),
    message,
  }))
  const first = errors[0]!
  const detail = `${first.path === '' ? 'the request' : first.path}: ${first.message}`
  return new Refusal(400, 'VALIDATION_FAILED', detail, errors)
}

/** A line of text as people write it: trimmed, not empty, without control characters. */
export const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .regex(/^[^\p{Cc}\p{Cs}\ufffd]*$/u, 'must not hold control characters, nor what is no UTF-8')

/** In the database's own spelling, whatever the caller's. */
export const id = z.uuid('must be a uuid').toLowerCase()

/** Days and instants that databases, calendars and pages agree on. */
const yearMin = 1800
const yearMax = 2999
const range = `must lie in the years ${yearMin} to ${yearMax}`
const isInRange = (year: number) => year >= yearMin && year <= yearMax

/** A day: `2024-12-07`. */
export const day = z.iso
  .date({ error: 'must be a day: 2024-12-07', abort: true })
  .refine((text) => isInRange(Number(text.slice(0, 4))), range)

/** An instant with its offset: `2024-12-07T22:00:00Z`. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be an instant with its offset: 2024-12-07T22:00:00Z', abort: true })
  .refine((text) => isInRange(new Date(text).getUTCFullYear()), range)

/** A schema as OpenAPI writes it. */
export const jsonSchema = (schema: z.ZodType): Record<string, unknown> =>
  z.toJSONSchema(schema, { target: 'openapi-3.0' }) as Record<string, unknown>
