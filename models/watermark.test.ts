import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { watermark, type WatermarkMutant, type WatermarkOptions } from './watermark.ts'

const mixed = ['fan-out', 'key', 'parked', 'irrelevant'] as const

describe('a watermark says of nothing that it can be found before it can', () => {
  const asDesigned: [string, WatermarkOptions, states: number][] = [
    ['while fan-outs and parked keys are worked off beside the batches', { events: mixed }, 6_323],
    ['when the projector is killed at any step', { events: mixed, kills: 1 }, 58_715],
    ['when it is killed twice', { events: ['fan-out', 'parked'], kills: 2 }, 21_257],
  ]
  test.each(asDesigned)('%s', (_, options, states) => {
    expect(explore(watermark(options))).toEqual({ states, bad: 0 })
  })
})

describe('a watermark lies, or something is never done, when', () => {
  const mutants: [WatermarkMutant, kills: number][] = [
    ['the watermark comes before the refresh', 0],
    ['what holds the watermark is asked after the refresh', 0],
    ['a parked key is released before its write is noted', 0],
    ['a new session takes it that nothing has changed', 1],
    ['fan-outs do not hold the watermark', 0],
    ['a fan-out is made durable after the checkpoint', 0],
    ['parked keys are forgotten', 0],
    ['the checkpoint comes before the write', 1],
  ]
  test.each(mutants)('%s', (mutant, kills) => {
    expect(explore(watermark({ events: mixed, kills, mutant })).bad).toBeGreaterThan(0)
  })
})
