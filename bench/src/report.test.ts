import { expect, test } from 'vitest'
import { isMet } from './report.ts'

const compared = { ours: 96, ceiling: 100, ratio: 0.96, interval: [0.9, 1], pairs: 5 } as const
const line = { bench: 'append', unit: 'transactions/s', compared }

test('a goal is met by the median ratio, from its own side', () => {
  expect(isMet({ ...line, goal: { atLeast: 0.95 } })).toBe(true)
  expect(isMet({ ...line, goal: { atLeast: 0.97 } })).toBe(false)
  expect(isMet({ ...line, goal: { atMost: 0.95 } })).toBe(false)
  expect(isMet({ ...line, goal: { atMost: 1 } })).toBe(true)
})

test('a ratio that is good enough does not make up for a condition that does not hold', () => {
  expect(isMet({ ...line, goal: { atLeast: 0.95 }, also: false })).toBe(false)
})
