import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { didYouMean, parseDuration, problemsOf } from './options.ts'

describe('did you mean', () => {
  const types = ['MatchCompleted', 'MatchResultCorrected', 'AthleteRenamed']

  test.each([
    ['MatchComplete', 'MatchCompleted'],
    ['MatchCompelted', 'MatchCompleted'],
    ['match_completed', 'MatchCompleted'],
    ['AthletRenamed', 'AthleteRenamed'],
  ])('finds what %s was meant to be', (given, meant) => {
    expect(didYouMean(given, types)).toBe(meant)
  })

  test('says nothing when nothing is near', () => {
    expect(didYouMean('OrderPlaced', types)).toBeUndefined()
    expect(didYouMean('OrdersDeleted', ['OrdersInserted', 'OrdersUpdated'])).toBeUndefined()
    expect(didYouMean('MatchCompleted', [])).toBeUndefined()
  })

  test('takes no short name for any other', () => {
    expect(didYouMean('ab', ['on', 'key'])).toBeUndefined()
    expect(didYouMean('X', ['Y'])).toBeUndefined()
    expect(didYouMean('slo', ['sla'])).toBe('sla')
    expect(didYouMean('nmae', ['name', 'version'])).toBe('name')
  })

  test('prefers the nearest', () => {
    expect(didYouMean('keyz', ['key', 'keys', 'kez'])).toBe('key')
  })
})

describe('problems of options', () => {
  const nested = z.strictObject({ sla: z.string() })
  const schema = z.strictObject({
    batchSize: z.int('to be a positive integer').min(1, 'to be a positive integer'),
    tags: z.record(z.string().regex(/^[a-z]+$/, 'to be a name in lower case'), z.string()).optional(),
    store: z
      .union([z.literal('a', 'to be a store'), z.array(z.literal('a', 'to be a store')).min(1, 'to have one store')])
      .optional(),
    freshness: nested.optional(),
    plain: z.number().optional(),
  })
  const guide = {
    known: { '': Object.keys(schema.shape), freshness: Object.keys(nested.shape) },
    hints: { batchSize: 'leave it out for 100', freshness: "write { sla: '30s' }" },
  }
  const problems = (options: unknown) => {
    const parsed = schema.safeParse(options, { reportInput: true })
    return parsed.success ? [] : problemsOf('settings', parsed.error, guide)
  }
  const messages = (options: unknown) => problems(options).map(({ message }) => message)

  test('say what was expected and what was got', () => {
    expect(messages({ batchSize: -5 })).toEqual(['expected batchSize to be a positive integer, got: -5'])
    expect(messages({ batchSize: 1.5 })).toEqual(['expected batchSize to be a positive integer, got: 1.5'])
    expect(messages({ batchSize: '5' })).toEqual(['expected batchSize to be a positive integer, got: "5"'])
    expect(messages({})).toEqual(['expected batchSize to be a positive integer, got: undefined'])
    expect(messages({ batchSize: 1, plain: 'x' })).toEqual(['expected plain to be a number, got: "x"'])
    expect(messages(null)).toEqual(['expected it to be an object, got: null'])
  })

  test('carry the hint of the option, or of what it stands in', () => {
    expect(problems({ batchSize: 0, freshness: { sla: 3 } })).toEqual([
      {
        where: 'settings',
        message: 'expected batchSize to be a positive integer, got: 0',
        hint: 'leave it out for 100',
      },
      { where: 'settings', message: 'expected freshness.sla to be a text, got: 3', hint: "write { sla: '30s' }" },
    ])
  })

  test('know what an unknown option was meant to be, among those of its own place', () => {
    expect(problems({ batchSize: 1, bachSize: 2, freshness: { sla: '1s', slo: '1s' }, other: 1 })).toEqual([
      { where: 'settings', message: 'unknown option freshness.slo', hint: 'did you mean sla?' },
      { where: 'settings', message: 'unknown option bachSize', hint: 'did you mean batchSize?' },
      {
        where: 'settings',
        message: 'unknown option other',
        hint: 'known: batchSize, tags, store, freshness, plain',
      },
    ])
  })

  test('speak of the one or of the many, whichever was given', () => {
    expect(messages({ batchSize: 1, store: 'b' })).toEqual(['expected store to be a store, got: "b"'])
    expect(messages({ batchSize: 1, store: ['a', 'b'] })).toEqual(['expected store.1 to be a store, got: "b"'])
    expect(messages({ batchSize: 1, store: [] })).toEqual(['expected store to have one store, got: []'])
  })

  test('name a key that is none', () => {
    expect(messages({ batchSize: 1, tags: { Red: 'x' } })).toEqual(['expected tags.Red to be a name in lower case'])
  })

  test('show anything that was given', () => {
    expect(messages({ batchSize: () => 1 })).toEqual(['expected batchSize to be a positive integer, got: a function'])
    expect(messages({ batchSize: 10n })).toEqual(['expected batchSize to be a positive integer, got: 10'])
  })
})

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['5min', 300_000],
    ['1.5h', 5_400_000],
    [' 7 d ', 604_800_000],
    ['0s', 0],
  ])('%s are %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  test.each(['', '30', 's', '-5s', '5 weeks', '1e3s', 'soon', `${'9'.repeat(400)}d`])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
})
