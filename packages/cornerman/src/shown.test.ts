import { expect, test } from 'vitest'
import { shown } from './shown.ts'

test.each([
  ['text', '"text"'],
  [undefined, 'undefined'],
  [null, 'null'],
  [1.5, '1.5'],
  [10n, '10'],
  [[1n, 'a'], '["1","a"]'],
  [{ id: 1, map: () => 1 }, '{"id":1,"map":"a function"}'],
  [() => 1, 'a function'],
])('shows %o as %s', (value, expected) => {
  expect(shown(value)).toBe(expected)
})

test('shows what JSON cannot hold', () => {
  const loop: { self?: unknown } = {}
  loop.self = loop
  expect(shown(loop)).toBe('an object that holds itself')
})

test('shows the beginning of what is long', () => {
  expect(shown('x'.repeat(5_000))).toHaveLength(120)
  expect(shown('x'.repeat(5_000))).toMatch(/^"x+…$/)
})
