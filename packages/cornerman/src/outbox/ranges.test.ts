import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contains, mergeRanges, missingAfter, type Range, without } from './ranges.ts'

const highest = 60
const position = fc.integer({ min: 1, max: highest })
const ascending = fc.uniqueArray(position, { maxLength: 40 }).map((list) => list.sort((a, b) => a - b))
const anyRanges = fc.array(
  fc.tuple(position, fc.nat(6)).map(([from, length]) => ({ from, to: from + length })),
  { maxLength: 12 },
)
/** As they are kept: ascending, and apart from each other. */
const keptRanges = anyRanges.map((ranges) => mergeRanges(ranges))

const positionsOf = (ranges: readonly Range[]) =>
  new Set(ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i)))

function expectKept(ranges: readonly Range[]): void {
  ranges.forEach((range, i) => {
    expect(range.from).toBeLessThanOrEqual(range.to)
    if (i > 0) expect(range.from).toBeGreaterThan(ranges[i - 1]!.to)
  })
}

describe('missingAfter', () => {
  test('names exactly the positions after the cursor that did not come, up to the last that did', () => {
    fc.assert(
      fc.property(fc.nat(highest), ascending, (cursor, all) => {
        const came = all.filter((each) => each > cursor)
        const missing = missingAfter(cursor, came)
        expectKept(missing)
        const last = came.at(-1) ?? cursor
        const expected = Array.from({ length: last - cursor }, (_, i) => cursor + 1 + i).filter(
          (each) => !came.includes(each),
        )
        expect([...positionsOf(missing)]).toEqual(expected)
      }),
    )
  })

  test('names nothing when nothing came', () => {
    expect(missingAfter(7, [])).toEqual([])
  })
})

describe('without', () => {
  test('is the set difference, as ranges', () => {
    fc.assert(
      fc.property(keptRanges, ascending, (ranges, positions) => {
        const left = without(ranges, positions)
        expectKept(left)
        expect([...positionsOf(left)]).toEqual([...positionsOf(ranges)].filter((each) => !positions.includes(each)))
      }),
    )
  })

  test('gives the very same list back when nothing of it goes, so that it is not written again', () => {
    fc.assert(
      fc.property(keptRanges, ascending, (ranges, positions) => {
        const outside = positions.filter((each) => !contains(ranges, each))
        expect(without(ranges, outside)).toBe(ranges)
      }),
    )
  })
})

describe('mergeRanges', () => {
  test('is the set union, in as few ranges as can be', () => {
    fc.assert(
      fc.property(anyRanges, (ranges) => {
        const merged = mergeRanges(ranges)
        expect(positionsOf(merged)).toEqual(positionsOf(ranges))
        merged.slice(1).forEach((range, i) => expect(range.from).toBeGreaterThan(merged[i]!.to + 1))
      }),
    )
  })

  test('beyond the most ranges joins the oldest over what lies between them, and leaves the newer ones exact', () => {
    fc.assert(
      fc.property(anyRanges, fc.integer({ min: 1, max: 6 }), (ranges, max) => {
        const exact = mergeRanges(ranges)
        const merged = mergeRanges(ranges, max)
        expect(merged.length).toBe(Math.min(exact.length, max))
        expect([...positionsOf(exact)].every((each) => contains(merged, each))).toBe(true)
        if (exact.length <= max) expect(merged).toEqual(exact)
        else {
          expect(merged.slice(1)).toEqual(exact.slice(exact.length - max + 1))
          expect(merged[0]).toEqual({ from: exact[0]!.from, to: exact[exact.length - max]!.to })
        }
      }),
    )
  })

  test('leaves the given ranges as they are', () => {
    const given = [
      { from: 5, to: 6 },
      { from: 1, to: 4 },
    ]
    mergeRanges(given)
    expect(given).toEqual([
      { from: 5, to: 6 },
      { from: 1, to: 4 },
    ])
  })
})

test('contains says whether a position lies in one of the ranges', () => {
  fc.assert(
    fc.property(keptRanges, position, (ranges, each) => {
      expect(contains(ranges, each)).toBe(positionsOf(ranges).has(each))
    }),
  )
})
