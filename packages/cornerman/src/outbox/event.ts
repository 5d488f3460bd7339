import { randomUUID } from 'node:crypto'
import { messageOf } from '../errors.ts'
import type { Problem } from '../problem.ts'
import { refuseProblems } from '../problem.ts'
import { shown } from '../shown.ts'

/** An event to be appended. */
export interface NewEvent {
  /** In the past tense: `MatchCompleted`. It is put into the payload too, as `type`. */
  type: string
  /** The kind of thing that it happened to; it decides the topic: `match`. */
  aggregateType: string
  /** The thing that it happened to; events of one aggregate keep their order. */
  aggregateId: string
  /** What consumers get, together with `type`. Keys and facts, no personal data. */
  payload: Readonly<Record<string, unknown>>
  /** `traceparent`, correlation and the like; travels as message headers. */
  headers?: Readonly<Record<string, string>>
  /** Defaults to a random uuid. */
  id?: string
}

/** The columns of `cornerman.outbox` that a writer fills, in their order. */
export type OutboxColumns = [
  id: string,
  aggregatetype: string,
  aggregateid: string,
  type: string,
  payload: string,
  headers: string,
]

/**
 * The largest payload, in bytes of its JSON. PostgreSQL prints a blank after each colon and comma, which makes it half as long
 * again at most: with headers and names it still is below a broker's usual limit of 1 MiB.
 */
export const payloadBytesMax = 650_000
const headersBytesMax = 16_384
const nameBytesMax = 255
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** In JSON text: NUL, or half of a surrogate pair, not the backslash of a text that shows one. PostgreSQL stores neither. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/i

/** The row of an event; all that is wrong with it in one error. */
export function outboxRow(event: NewEvent): OutboxColumns {
  const where = titleOf(event)
  const problems = problemsOf(event, where)
  refuseProblems('EVENT_INVALID', where, problems)
  return columnsOf(event)
}

/** The rows of many events; all that is wrong with any of them in one error. */
export function outboxRows(events: readonly NewEvent[]): OutboxColumns[] {
  const problems = events.flatMap((event, index) => problemsOf(event, `${titleOf(event)}, number ${index + 1}`))
  refuseProblems('EVENT_INVALID', `the list of ${events.length} events`, problems)
  return events.map(columnsOf)
}

const columnsOf = (event: NewEvent): OutboxColumns => [
  event.id ?? randomUUID(),
  event.aggregateType,
  event.aggregateId,
  event.type,
  JSON.stringify({ type: event.type, ...event.payload }),
  JSON.stringify(event.headers ?? {}),
]

const titleOf = (event: NewEvent): string =>
  `event ${typeof event?.type === 'string' && event.type !== '' ? event.type : '?'}`

function problemsOf(event: NewEvent, where: string): Problem[] {
  if (!isPlainObject(event)) return [{ where, message: `expected an event, got: ${shown(event)}` }]
  return [
    ...nameProblems(where, 'type', event.type),
    ...nameProblems(where, 'aggregateType', event.aggregateType),
    ...nameProblems(where, 'aggregateId', event.aggregateId),
    ...idProblems(where, event.id),
    ...payloadProblems(where, event),
    ...headerProblems(where, event.headers),
  ]
}

function nameProblems(where: string, field: string, value: unknown): Problem[] {
  if (typeof value !== 'string' || value === '') {
    return [{ where, message: `expected ${field} to be a text that is not empty, got: ${shown(value)}` }]
  }
  if (value.includes('\0')) return [{ where, message: `${field} holds the character NUL` }]
  if (!value.isWellFormed()) return [{ where, message: `${field} holds half of a surrogate pair` }]
  const bytes = Buffer.byteLength(value)
  return bytes > nameBytesMax ? [{ where, message: `${field} has ${bytes} bytes, the limit is ${nameBytesMax}` }] : []
}

function idProblems(where: string, id: unknown): Problem[] {
  if (id === undefined || (typeof id === 'string' && uuid.test(id))) return []
  return [{ where, message: `expected id to be a uuid, got: ${shown(id)}`, hint: 'leave it out for a random one' }]
}

function payloadProblems(where: string, { type, payload }: NewEvent): Problem[] {
  if (!isPlainObject(payload)) return [{ where, message: `expected payload to be an object, got: ${shown(payload)}` }]
  const problems = jsonProblems(where, 'payload', { type, ...payload }, payloadBytesMax)
  if (!('type' in payload) || payload['type'] === type) return problems
  const message = `payload.type is ${shown(payload['type'])}`
  return [{ where, message, hint: 'leave it out: append puts the type into the payload' }, ...problems]
}

function headerProblems(where: string, headers: NewEvent['headers']): Problem[] {
  if (headers === undefined) return []
  if (!isPlainObject(headers)) return [{ where, message: `expected headers to be an object, got: ${shown(headers)}` }]
  const odd = Object.entries(headers).filter(([, value]) => value !== undefined && typeof value !== 'string')
  return [
    ...odd.map(([name, value]) => ({
      where,
      message: `expected the header ${name} to be a text, got: ${shown(value)}`,
    })),
    ...jsonProblems(where, 'headers', headers, headersBytesMax),
  ]
}

function jsonProblems(where: string, field: string, value: object, bytesMax: number): Problem[] {
  const problems: Problem[] = []
  const text = jsonOf(value)
  if (text instanceof Error) return [{ where, message: `${field} cannot be written as JSON: ${text.message}` }]
  if (unstorable.test(text)) {
    const message = `${field} holds the character NUL or half of a surrogate pair`
    problems.push({ where, message, hint: 'PostgreSQL cannot store it: strip it where the text comes in' })
  }
  const bytes = Buffer.byteLength(text)
  if (bytes > bytesMax) {
    const message = `${field} has ${bytes} bytes of JSON, the limit is ${bytesMax}`
    problems.push({ where, message, hint: 'name keys in events; leave the content to the projection' })
  }
  return problems
}

/** A number beyond JSON, or an object that holds itself, has no JSON. */
function jsonOf(value: object): string | Error {
  try {
    return JSON.stringify(value)
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error))
  }
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
