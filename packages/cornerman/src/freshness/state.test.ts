import { describe, expect, test } from 'vitest'
import { stateOf } from './state.ts'
import type { Watermark } from './watermark.ts'

const sound: Watermark = {
  source: 'outbox',
  position: 10,
  rowId: null,
  gaps: [],
  atMs: 1_000,
  contentPosition: 9,
  stalenessMs: 5,
  parkedKeys: 0,
  parkedFrom: null,
  slaMs: 30_000,
  lost: null,
}

describe('a read model is', () => {
  test('FRESH within its SLA, and STALE beyond it', () => {
    expect(stateOf([sound], 30_000)).toBe('FRESH')
    expect(stateOf([sound], 30_001)).toBe('STALE')
    expect(stateOf([sound, { ...sound, slaMs: 10 }], 11)).toBe('STALE')
  })

  test('UNKNOWN when there is no watermark, or nobody can say how old it is: never taken for fresh', () => {
    expect(stateOf([], 0)).toBe('UNKNOWN')
    expect(stateOf([sound], null)).toBe('UNKNOWN')
  })

  test('DEGRADED when something is parked, but STALE before that', () => {
    const degraded = { ...sound, parkedKeys: 1, parkedFrom: 3 }
    expect(stateOf([sound, degraded], 5)).toBe('DEGRADED')
    expect(stateOf([degraded], 60_000)).toBe('STALE')
  })

  test('LOST before all else', () => {
    const lost = { ...sound, lost: 'the store was flushed' }
    expect(stateOf([sound, lost], 5)).toBe('LOST')
    expect(stateOf([lost], null)).toBe('LOST')
  })
})
