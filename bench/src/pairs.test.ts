import { expect, test } from 'vitest'
import { compare, measurePairs } from './pairs.ts'

test('pairs are interleaved, and which side comes first changes', async () => {
  const order: string[] = []
  const side = (name: string) => (pair: number) => {
    order.push(`${name} ${pair}`)
    return Promise.resolve(pair)
  }
  const pairs = await measurePairs(2, { ours: side('ours'), ceiling: side('ceiling') })
  expect(order).toEqual(['ours 0', 'ceiling 0', 'ceiling 1', 'ours 1'])
  expect(pairs).toEqual([
    { ours: 0, ceiling: 0 },
    { ours: 1, ceiling: 1 },
  ])
})

test('the ratio is the median of the pairs, so a machine that is slow for one pair does not decide it', () => {
  const pairs = [
    { ours: 95, ceiling: 100 },
    { ours: 9, ceiling: 10 },
    { ours: 97, ceiling: 100 },
  ]
  expect(compare(pairs)).toEqual({ ours: 95, ceiling: 100, ratio: 0.95, interval: [0.9, 0.97], pairs: 3 })
})
