import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { gaps, type GapsMutant, type GapsOptions } from './gaps.ts'

describe('the outbox reader loses no row and closes every gap', () => {
  const asDesigned: [string, GapsOptions, states: number][] = [
    ['beside three writers', { writers: 3 }, 19_738],
    ['in pages of one row', { writers: 3, limit: 1 }, 17_566],
    ['when it is killed between read and checkpoint', { writers: 2, kills: 1 }, 597],
    ['when it is killed while it reads page by page', { writers: 3, limit: 2, kills: 1 }, 56_410],
  ]
  test.each(asDesigned)('%s', (_, options, states) => {
    expect(explore(gaps(options))).toEqual({ states, bad: 0 })
  })
})

describe('rows are lost when', () => {
  const mutants: [GapsMutant, GapsOptions][] = [
    ['no gaps', { writers: 2 }],
    ['a gap ends by time-out', { writers: 2 }],
    ['the bound is the xmax of the snapshot', { writers: 2 }],
    ['the position comes before the transaction id', { writers: 2 }],
    ['a look that was cut short counts', { writers: 3, limit: 1 }],
    ['a checkpoint keeps no gaps', { writers: 2, kills: 1 }],
    ['a checkpoint keeps the place of the reader, not of the batch', { writers: 2, kills: 1 }],
  ]
  test.each(mutants)('%s', (mutant, options) => {
    expect(explore(gaps({ ...options, mutant })).bad).toBeGreaterThan(0)
  })
})
