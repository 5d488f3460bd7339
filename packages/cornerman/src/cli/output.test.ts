import { expect, test } from 'vitest'
import { CornermanError } from '../errors.ts'
import { count, duration, outputTo, printError, table, time } from './output.ts'

function captured() {
  const written = { out: '', err: '' }
  const to = (name: 'out' | 'err') => ({ write: (text: string) => void (written[name] += text) })
  return { written, streams: { out: to('out'), err: to('err') } }
}

test('people get lines, programs get one JSON value', () => {
  const people = captured()
  const programs = captured()
  for (const [{ streams }, json] of [
    [people, false],
    [programs, true],
  ] as const) {
    const output = outputTo(streams, json)
    output.line('a line')
    output.progress('under way')
    output.result({ a: 1 })
  }
  expect(people.written).toEqual({ out: 'a line\n', err: 'under way\n' })
  expect(programs.written).toEqual({ out: '{\n  "a": 1\n}\n', err: '' })
})

test('an error is its code, its message and what to try', () => {
  const error = new CornermanError('SCHEMA_MISSING', 'the primary lacks migrations', { hint: 'cornerman migrate' })
  const people = captured()
  printError(people.streams, error, false)
  expect(people.written).toEqual({
    out: '',
    err: 'SCHEMA_MISSING: the primary lacks migrations\nTry: cornerman migrate\n',
  })
  const programs = captured()
  printError(programs.streams, error, true)
  expect(programs.written.err).toBe('')
  expect(JSON.parse(programs.written.out)).toEqual({
    error: { code: 'SCHEMA_MISSING', message: 'the primary lacks migrations', hint: 'cornerman migrate' },
  })
  const hintless = captured()
  printError(hintless.streams, new CornermanError('INTERRUPTED', 'stopped'), false)
  expect(hintless.written.err).toBe('INTERRUPTED: stopped\n')
})

test('a table is aligned, without blanks at the ends of lines', () => {
  expect(
    table([
      ['NAME', 'STATE'],
      ['orders v1', 'FRESH'],
      ['a', ''],
    ]),
  ).toBe('NAME       STATE\norders v1  FRESH\na')
})

test.each([
  [0, '0 ms'],
  [298.4, '298 ms'],
  [1_400, '1.4 s'],
  [89_000, '89.0 s'],
  [12 * 60_000, '12 min'],
  [3 * 3_600_000, '3 h'],
  [72 * 3_600_000, '3 d'],
])('%d ms are told as %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test('things are counted in their number', () => {
  expect([0, 1, 2].map((number) => count(number, 'key'))).toEqual(['0 keys', '1 key', '2 keys'])
})

test.each([
  ['2026-11-23 20:41:07.136956+00', '2026-11-23 20:41:07 UTC'],
  ['2026-11-23T22:41:07.5+02:00', '2026-11-23 20:41:07 UTC'],
])('the time %s is told to the second', (timestamp, text) => {
  expect(time(timestamp)).toBe(text)
})
