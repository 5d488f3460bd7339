import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { rebuild } from './rebuild.ts'

describe('a rebuild beside live attempts', () => {
  test('needs no catch-up: both generations end as the source', () => {
    expect(explore(rebuild({ commits: 2, attempts: [1, 2, 2] }))).toEqual({ states: 5_756, bad: 0 })
    expect(explore(rebuild({ commits: 2, attempts: [1, 2] }))).toEqual({ states: 591, bad: 0 })
  })

  test.each(['the list of generations is cached', 'the scan begins before the generation is listed'] as const)(
    'loses changes when %s',
    (mutant) => {
      expect(explore(rebuild({ commits: 2, attempts: [1, 2], mutant })).bad).toBeGreaterThan(0)
    },
  )
})
