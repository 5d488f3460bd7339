import { expect, test } from 'vitest'
import { median, middleOf, quantile } from './statistics.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1).toReversed()

test('the median of an even number of values lies between the middle two', () => {
  expect(median([4, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})

test('a quantile is one of the values, by nearest rank', () => {
  expect(quantile(upTo(200), 0.99)).toBe(198)
  expect(quantile(upTo(200), 0.5)).toBe(100)
  expect(quantile([7], 0.99)).toBe(7)
})

test('of five values the interval is all of them', () => {
  expect(middleOf(upTo(5))).toEqual({ median: 3, low: 1, high: 5 })
})

// The tables of order statistics for the median, 95 %: 6 → 1st and 6th, 10 → 2nd and 9th, 20 → 6th and 15th.
test.each([
  [6, 1, 6],
  [10, 2, 9],
  [20, 6, 15],
])('of %i values the interval goes from value %i to value %i', (count, low, high) => {
  expect(middleOf(upTo(count))).toMatchObject({ low, high })
})
