import { describe, expect, test } from 'vitest'
import { Ledger } from './ledger.ts'

describe('a ledger', () => {
  test('balances when each event and each key has become something', () => {
    const ledger = new Ledger('things, 6 events')
    ledger.events(6, { irrelevant: 1, keyed: 2, fannedOut: 2, parked: 1 })
    ledger.keys('generation 1', 4, { written: 2, fenced: 1, parked: 1 })
    expect(() => ledger.assertBalanced()).not.toThrow()
  })

  test('says all that does not balance, of its parts too, with the numbers', () => {
    const ledger = new Ledger('things, 6 events')
    ledger.events(6, { irrelevant: 1, keyed: 2, fannedOut: 2, parked: 0 })
    const part = new Ledger('a part')
    part.keys('generation 2', 4, { written: 5, fenced: 0, parked: 0 })
    ledger.take(part)
    expect(() => ledger.assertBalanced()).toThrow(
      'the ledger of things, 6 events does not balance: 6 events in, but 1 irrelevant + 2 keyed + 2 fannedOut + 0 parked = 5 out; ' +
        '4 keys of generation 2 in, but 5 written + 0 fenced + 0 parked = 5 out',
    )
  })
})
