import { type AnswerMeta, freshnessStates } from '@platform/contracts'
import { describe, expect, it } from 'vitest'
import { age, agoText, freshnessText } from './freshnessText.ts'

const meta: AnswerMeta = {
  asOf: '2026-01-01T00:00:00.000Z',
  stalenessMs: 45_000,
  position: 7,
  generation: 1,
  state: 'FRESH',
}

describe('what the page says about its freshness', () => {
  it('says live only of fresh rankings on an open connection', () => {
    expect(freshnessText('open', meta)).toMatchObject({ tone: 'good', label: 'Live' })
    for (const state of freshnessStates.filter((each) => each !== 'FRESH'))
      expect(freshnessText('open', { ...meta, state }).tone).not.toBe('good')
  })

  it('says that the connection is lost whatever was last heard', () => {
    expect(freshnessText('lost', meta)).toMatchObject({ tone: 'bad', label: 'Connection lost' })
  })

  it('never calls fresh what nobody has spoken of yet', () => {
    expect(freshnessText('open', undefined).tone).toBe('wait')
    expect(freshnessText('connecting', meta).tone).toBe('wait')
  })

  it('says how old stale rankings are, beside the word that is read out once', () => {
    expect(agoText({ ...meta, state: 'STALE' })).toBe(', 45 s ago')
    expect(agoText({ ...meta, state: 'STALE', stalenessMs: null })).toBe('')
    expect(agoText(meta)).toBe('')
  })
})

describe('an age', () => {
  it('has the unit that one would say', () => {
    expect([0, 12_400, 99_000, 100_000, 3_600_000, 7_200_000].map(age)).toEqual([
      '0 s',
      '12 s',
      '99 s',
      '2 min',
      '60 min',
      '2 h',
    ])
  })
})
