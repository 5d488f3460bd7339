import { expect, test } from 'vitest'
import { differences } from './differences.ts'

test.each([
  [{ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }, undefined],
  [{ a: 1, b: 2 }, { a: 1, b: 3 }, 'b 2 → 3'],
  [{ a: 1 }, { b: 'x' }, 'a 1 → undefined, b undefined → "x"'],
  [{ a: null }, {}, 'a null → undefined'],
  [{ a: [1, 2] }, { a: [2, 1] }, 'a [1,2] → [2,1]'],
  [undefined, { a: 1 }, 'is new'],
  [null, { a: 1 }, 'is new'],
  [{ a: 1 }, null, 'is gone'],
  [[1], { a: 1 }, '[1] → {"a":1}'],
  [1, 2, '1 → 2'],
])('between %j and %j: %s', (before, after, expected) => {
  expect(differences(before, after)).toBe(expected)
})
