import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { versions, type VersionsOptions } from './versions.ts'

describe('readers never see a document go back, and all generations end as the source, in every interleaving of', () => {
  const asDesigned: [string, VersionsOptions, states: number][] = [
    ['commits, duplicates and two switches', { commits: 2, attempts: [1, 1, 2] }, 7_806],
    ["these and a rebuild's attempt", { commits: 2, attempts: [0, 1, 2] }, 9_934],
    ['three commits and two switches', { commits: 3, attempts: [1, 2, 3] }, 10_863],
    ['attempts that are tried again under new versions', { commits: 2, attempts: [0, 1, 2], retries: 1 }, 63_881],
  ]
  test.each(asDesigned)('%s', (_, options, states) => {
    expect(explore(versions(options))).toEqual({ states, bad: 0 })
  })
})

describe('there are bad ends without', () => {
  const mutants: [NonNullable<VersionsOptions['without']>, VersionsOptions][] = [
    ['one step', { commits: 2, attempts: [1, 1, 2] }],
    ['the live one last', { commits: 2, attempts: [1, 1, 2] }],
    ['the wait of the switch', { commits: 2, attempts: [1, 1, 2] }],
    ['a new version for a retry', { commits: 2, attempts: [0, 1, 2], retries: 1 }],
  ]
  test.each(mutants)('%s', (without, options) => {
    expect(explore(versions({ ...options, without })).bad).toBeGreaterThan(0)
  })
})
