import { describe, expect, test } from 'vitest'
import { CornermanError } from '../errors.ts'
import { type NewEvent, outboxRow, outboxRows, payloadBytesMax } from './event.ts'

const event = (changes: Partial<Record<keyof NewEvent, unknown>> = {}) =>
  ({
    type: 'MatchCompleted',
    aggregateType: 'match',
    aggregateId: 'm1',
    payload: { matchId: 'm1' },
    ...changes,
  }) as NewEvent

function refusal(work: () => unknown): CornermanError {
  try {
    work()
  } catch (error) {
    if (error instanceof CornermanError) return error
    throw error
  }
  throw new Error('it was not refused')
}

const messageFor = (changes: Partial<Record<keyof NewEvent, unknown>>) =>
  refusal(() => outboxRow(event(changes))).message

describe('the row of an event', () => {
  test('bears the type in its payload too, and an id of its own', () => {
    const [id, aggregateType, aggregateId, type, payload, headers] = outboxRow(event())
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(outboxRow(event())[0]).not.toBe(id)
    expect([aggregateType, aggregateId, type]).toEqual(['match', 'm1', 'MatchCompleted'])
    expect(JSON.parse(payload)).toEqual({ type: 'MatchCompleted', matchId: 'm1' })
    expect(headers).toBe('{}')
  })

  test('keeps the id and the headers that it was given; a header that is not there is left out', () => {
    const id = '018f2c5e-0000-7000-8000-000000000001'
    const row = outboxRow(event({ id, headers: { traceparent: '00-1', tenant: undefined } }))
    expect(row[0]).toBe(id)
    expect(JSON.parse(row[5])).toEqual({ traceparent: '00-1' })
  })

  test('may say its type in the payload itself', () => {
    expect(JSON.parse(outboxRow(event({ payload: { type: 'MatchCompleted' } }))[4])).toEqual({ type: 'MatchCompleted' })
  })

  test('may hold a text that shows an escape, which is not the character', () => {
    const payload = { note: 'a \\u0000 and a \\ud800, written out', path: 'C:\\users', face: '🥊' }
    expect(JSON.parse(outboxRow(event({ payload }))[4])).toMatchObject(payload)
  })
})

describe('an event that cannot be appended', () => {
  test('is refused with all that is wrong with it at once', () => {
    const error = refusal(() =>
      outboxRow(
        event({
          type: '',
          aggregateType: 'a\0b',
          aggregateId: 'x'.repeat(256),
          id: '42',
          payload: { type: 'Other', text: 'a\0b', more: 'x'.repeat(payloadBytesMax) },
          headers: { traceparent: 7 },
        }),
      ),
    )
    expect(error.code).toBe('EVENT_INVALID')
    for (const part of [
      'has 8 problems',
      'expected type to be a text that is not empty, got: ""',
      'aggregateType holds the character NUL',
      'aggregateId has 256 bytes, the limit is 255',
      'expected id to be a uuid, got: "42"',
      'payload.type is "Other"',
      'payload holds the character NUL or half of a surrogate pair',
      `bytes of JSON, the limit is ${payloadBytesMax}`,
      'expected the header traceparent to be a text, got: 7',
    ]) {
      expect(error.message).toContain(part)
    }
  })

  test.each([
    ['no event at all', null, 'expected an event, got: null'],
    ['a list', [event()], 'expected an event'],
  ])('is refused as %s', (_, given, message) => {
    expect(refusal(() => outboxRow(given as unknown as NewEvent)).message).toContain(message)
  })

  test.each([
    ['a payload that is none', { payload: undefined }, 'expected payload to be an object, got: undefined'],
    ['a payload that is a list', { payload: [1] }, 'expected payload to be an object, got: [1]'],
    ['a number beyond JSON', { payload: { n: 1n } }, 'payload cannot be written as JSON'],
    ['half of a surrogate pair in the payload', { payload: { name: 'x\ud800' } }, 'half of a surrogate pair'],
    ['half of a surrogate pair in a name', { aggregateId: '\udc00' }, 'aggregateId holds half of a surrogate pair'],
    ['a NUL after a backslash', { payload: { name: '\\\0' } }, 'the character NUL'],
    ['a NUL in the name of a field', { payload: { 'a\0': 1 } }, 'the character NUL'],
    ['a type that is none', { type: undefined }, 'expected type to be a text that is not empty, got: undefined'],
    ['headers that are none', { headers: 'traceparent' }, 'expected headers to be an object'],
    ['too many headers', { headers: { a: 'x'.repeat(20_000) } }, 'headers has 20008 bytes of JSON, the limit is 16384'],
  ])('is refused for %s', (_, changes, message) => {
    expect(messageFor(changes)).toContain(message)
  })

  test('holds itself, and is refused for it', () => {
    const payload: Record<string, unknown> = {}
    payload['self'] = payload
    expect(messageFor({ payload })).toContain('payload cannot be written as JSON')
  })

  test('is named by its place among many, with what is wrong with the others', () => {
    const error = refusal(() => outboxRows([event(), event({ aggregateId: '' }), event({ type: 'Renamed', id: 'x' })]))
    expect(error.code).toBe('EVENT_INVALID')
    expect(error.message).toContain('the list of 3 events has 2 problems')
    expect(error.message).toContain('event MatchCompleted, number 2: expected aggregateId')
    expect(error.message).toContain('event Renamed, number 3: expected id')
  })
})

test('a payload at the limit stays below 1 MiB as PostgreSQL prints it, whatever it is made of', () => {
  const list = Array.from({ length: Math.floor((payloadBytesMax - 40) / 2) }, () => 1)
  const [, , , , payload] = outboxRow(event({ payload: { list } }))
  const printed = payload.replaceAll(',', ', ').replaceAll(':', ': ')
  expect(Buffer.byteLength(printed)).toBeLessThan(1024 * 1024 - 16_384 - 4 * 255)
})
