import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endedBetween, parseSnapshot, type Snapshot } from './snapshot.ts'

describe('parseSnapshot', () => {
  test('reads what PostgreSQL prints, with transactions in progress and without', () => {
    expect(parseSnapshot('10:20:10,14,15')).toEqual({ xmin: 10n, xmax: 20n, inProgress: new Set([10n, 14n, 15n]) })
    expect(parseSnapshot('795:795:')).toEqual({ xmin: 795n, xmax: 795n, inProgress: new Set() })
  })

  test('keeps ids beyond what a number holds exactly', () => {
    const { xmin, inProgress } = parseSnapshot('9007199254740993:9007199254740995:9007199254740993')
    expect(xmin).toBe(9007199254740993n)
    expect(inProgress).toEqual(new Set([9007199254740993n]))
  })
})

/** A history: at which of its steps each transaction ends, the first of them being step 1; 0 for one that never does. */
const history = fc.array(fc.nat(4), { minLength: 1, maxLength: 8 })

/** The snapshot after a step: ids from 1 on, `handedOut` of them so far. */
function snapshotAt(step: number, ends: readonly number[], handedOut: number): Snapshot {
  const running = (id: bigint) => {
    const end = ends[Number(id) - 1]!
    return end === 0 || end > step
  }
  const ids = Array.from({ length: handedOut }, (_, i) => BigInt(i + 1))
  const ended = ids.filter((id) => !running(id))
  const xmax = (ended.at(-1) ?? 0n) + 1n
  const inProgress = ids.filter((id) => id < xmax && running(id))
  return { xmin: inProgress[0] ?? xmax, xmax, inProgress: new Set(inProgress) }
}

describe('endedBetween', () => {
  test('misses no transaction below the bound that has ended, whatever ran beside it', () => {
    fc.assert(
      fc.property(history, fc.nat(4), fc.nat(4), fc.integer({ min: 1, max: 9 }), (ends, first, later, bound) => {
        const [from, to] = [Math.min(first, later), Math.max(first, later)]
        const before = snapshotAt(from, ends, ends.length)
        const after = snapshotAt(to, ends, ends.length)
        const ended = ends.some((end, i) => i + 1 < bound && end > from && end <= to)
        if (ended) expect(endedBetween(before, after, BigInt(bound))).toBe(true)
      }),
    )
  })

  test('is still when only others have ended, and those at or above the bound', () => {
    const before: Snapshot = { xmin: 5n, xmax: 12n, inProgress: new Set([5n, 9n]) }
    expect(endedBetween(before, { xmin: 5n, xmax: 30n, inProgress: new Set([5n, 20n]) }, 8n)).toBe(false)
    expect(endedBetween(before, { xmin: 5n, xmax: 30n, inProgress: new Set([5n]) }, 9n)).toBe(false)
    expect(endedBetween(before, { xmin: 5n, xmax: 30n, inProgress: new Set([5n]) }, 10n)).toBe(true)
  })

  test('takes nothing for granted about transactions that the earlier snapshot does not know', () => {
    const before: Snapshot = { xmin: 7n, xmax: 7n, inProgress: new Set() }
    expect(endedBetween(before, { xmin: 7n, xmax: 7n, inProgress: new Set() }, 8n)).toBe(true)
    expect(endedBetween(before, { xmin: 7n, xmax: 7n, inProgress: new Set() }, 7n)).toBe(false)
  })
})
