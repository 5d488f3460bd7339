import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { monotonicMs } from '../backoff.ts'
import { until } from '../testing/waits.ts'
import { ReadModel } from './readModel.ts'
import type { LiveWatermarks } from './state.ts'
import type { StoredWatermark } from './watermark.ts'

const first: StoredWatermark = {
  source: 'things/outbox',
  revision: 1,
  position: 10,
  rowId: null,
  gaps: [],
  atMs: 1_000_000,
  contentPosition: 9,
  stalenessMs: 40,
  parkedKeys: 0,
  parkedFrom: null,
  slaMs: 30_000,
  lost: null,
}

let live: LiveWatermarks | null
let looks: number
let fails: boolean
let model: ReadModel

beforeEach(() => {
  live = { generation: 1, watermarks: [first] }
  looks = 0
  fails = false
  const readWatermarks = async () => {
    if (fails) throw new Error('the store does not answer')
    looks++
    return live
  }
  model = new ReadModel({ readWatermarks, lookIntervalMs: 2, silentAfterMs: 150 })
})

afterEach(() => model.close())

/** The store shows another watermark; returns once it was looked at. */
async function shows(watermark: Partial<StoredWatermark>): Promise<LiveWatermarks> {
  const shown = { generation: 1, watermarks: [{ ...first, ...watermark }] }
  live = shown
  await looked()
  return shown
}

async function looked(): Promise<void> {
  const before = looks
  await until('it has looked again', () => looks >= before + 2)
}

describe('the freshness of an answer', () => {
  test('is UNKNOWN until a second watermark: the first one may have lain there for long', async () => {
    model.start()
    await looked()
    expect(model.meta(live!)).toMatchObject({ state: 'UNKNOWN', stalenessMs: null })
    const next = await shows({ revision: 2, atMs: 1_000_500 })
    const startedAt = monotonicMs()
    expect(model.meta(next)).toMatchObject({ state: 'FRESH', position: 10, generation: 1 })
    expect(model.meta(next).stalenessMs).toBeGreaterThanOrEqual(40)
    expect(model.meta(next).stalenessMs).toBeLessThan(40 + 150 + monotonicMs() - startedAt)
  })

  test('goes down while no new watermark comes, to UNKNOWN and no further: a frozen mark is not a lag of zero', async () => {
    model.start()
    await looked()
    const last = await shows({ revision: 2 })
    const before = model.meta(last).stalenessMs!
    await until('it has grown older', () => (model.meta(last).stalenessMs ?? Infinity) >= before + 30)
    await until('nobody knows any more', () => model.meta(last).state === 'UNKNOWN')
    await looked()
    expect(model.meta(last)).toMatchObject({ state: 'UNKNOWN', stalenessMs: null })
  })

  test('is counted from what the watermark speaks for, not from when it was written', async () => {
    model.start()
    await looked()
    const late = await shows({ revision: 2, atMs: 1_000_000, stalenessMs: 90_000 })
    expect(model.meta(late).state).toBe('STALE')
    expect(model.meta(late).stalenessMs).toBeGreaterThanOrEqual(90_000)
    expect(model.meta(late).asOf).toBe(new Date(1_000_000).toISOString())
  })

  test('of several sources is that of the oldest', async () => {
    model.start()
    await looked()
    const other = { ...first, source: 'champions/outbox', position: 4, atMs: 960_000 }
    live = { generation: 1, watermarks: [first, other] }
    await looked()
    live = { generation: 1, watermarks: [{ ...first, revision: 2 }, other] }
    await looked()
    expect(model.meta(live)).toMatchObject({ state: 'STALE', position: 4 })
    expect(model.meta(live).stalenessMs).toBeGreaterThanOrEqual(40_000)
  })
})

describe('waiting for a position', () => {
  test('ends when what readers get reflects it, and not before', async () => {
    model.start()
    await looked()
    let reached = false
    const waiting = model.waitFor(12, 20_000).then((result) => ((reached = true), result))
    await shows({ revision: 2, position: 11 })
    expect(reached).toBe(false)
    await shows({ revision: 3, position: 13, gaps: [{ from: 12, to: 12 }] })
    expect(reached).toBe(false)
    await shows({ revision: 4, position: 14 })
    expect(await waiting).toEqual({ reached: true, parkedBelow: false })
  })

  test('ends with the time, and says that it was not reached', async () => {
    model.start()
    expect(await model.waitFor(12, 30)).toEqual({ reached: false, parkedBelow: false })
    live = null
    await looked()
    expect(await model.waitFor(1, 30)).toEqual({ reached: false, parkedBelow: false })
  })

  test('says when something below it is parked', async () => {
    model.start()
    await shows({ revision: 2, parkedKeys: 1, parkedFrom: 8 })
    expect(await model.waitFor(10, 1_000)).toEqual({ reached: true, parkedBelow: true })
    expect(await model.waitFor(7, 1_000)).toEqual({ reached: true, parkedBelow: false })
  })

  test('outlasts a store that does not answer for a while', async () => {
    fails = true
    model.start()
    const waiting = model.waitFor(10, 20_000)
    fails = false
    expect(await waiting).toEqual({ reached: true, parkedBelow: false })
  })
})
