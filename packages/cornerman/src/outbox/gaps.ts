import { missingAfter, type Range, without } from './ranges.ts'
import { endedBetween, type Snapshot } from './snapshot.ts'

/**
 * The positions below a reader's cursor that nobody can see yet.
 *
 * A sequence hands out positions in an order that is not the order of commits, so a position that is missing when a higher
 * one is visible may still appear: its transaction is open, or it was rolled back. Which of the two is decided by
 * transaction ids alone, never by a time-out:
 *
 * - a transaction has its id before it takes a position (the default of the column sees to it), so every transaction that
 *   owns a missing position has an id below one that is handed out *after* the position was seen to be missing: the bound;
 * - once the oldest transaction in progress (`xmin`) of a statement that still does not see the row is at or above the
 *   bound, the owner had ended before that statement and had not committed: the position is gone.
 *
 * Gaps are kept exactly. Most close within milliseconds, so only those that stay open get a bound, one for all at once; and
 * a group of them is looked for again only when a transaction below its bound has ended.
 *
 * They ascend: each group lies above the one before it, and the fresh ones above them all, because a gap is found above the
 * cursor. Thousands may wait for one long transaction, so what is asked at every read does not go through them.
 */
export interface Gaps {
  /** Without a bound yet. */
  readonly fresh: readonly Range[]
  readonly bounded: readonly BoundedGaps[]
}

export interface BoundedGaps {
  readonly bound: bigint
  readonly ranges: readonly Range[]
  /** The snapshot of the last look; `undefined` when there was none since the bound was taken. */
  readonly looked?: Snapshot | undefined
}

export const noGaps: Gaps = { fresh: [], bounded: [] }

/** All gaps, ascending. */
export const rangesOf = (gaps: Gaps): Range[] => [...gaps.bounded.flatMap((group) => group.ranges), ...gaps.fresh]

/** The lowest position that may still appear below the cursor. */
export const lowestGap = (gaps: Gaps): number | undefined => (gaps.bounded[0]?.ranges ?? gaps.fresh)[0]?.from

/** Whether two lists of groups are the same gaps under the same bounds, whatever was looked at in between. */
export function sameBounded(a: Gaps['bounded'], b: Gaps['bounded']): boolean {
  return a.length === b.length && a.every((group, i) => group.ranges === b[i]!.ranges && group.bound === b[i]!.bound)
}

/** The gaps after a page of rows above the cursor was read. */
export function afterPage(gaps: Gaps, cursor: number, positions: readonly number[]): Gaps {
  const missing = missingAfter(cursor, positions)
  return missing.length === 0 ? gaps : { ...gaps, fresh: [...gaps.fresh, ...missing] }
}

/** The bounded gaps that may have changed by the snapshot `now`. */
export function worthALook(gaps: Gaps, now: Snapshot): BoundedGaps[] {
  return gaps.bounded.filter((group) => group.looked === undefined || endedBetween(group.looked, now, group.bound))
}

/** What a look at some of the gaps has shown. */
export interface Look {
  readonly groups: readonly BoundedGaps[]
  /** The positions that were found, ascending. */
  readonly found: readonly number[]
  readonly snapshot: Snapshot
  /** Whether every visible row was returned; when not, nothing is known of the other positions. */
  readonly complete: boolean
}

/** The gaps after a look: what was found is closed, and what was certainly rolled back. */
export function afterLook(gaps: Gaps, { groups, found, snapshot, complete }: Look): Gaps {
  if (groups.length === 0) return { ...gaps, fresh: without(gaps.fresh, found) }
  const lookedAt = new Set(groups)
  const bounded = gaps.bounded.flatMap((group): BoundedGaps[] => {
    if (!lookedAt.has(group)) return [group]
    if (complete && snapshot.xmin >= group.bound) return []
    const ranges = without(group.ranges, found)
    return ranges.length === 0 ? [] : [{ ...group, ranges, looked: complete ? snapshot : undefined }]
  })
  return { fresh: without(gaps.fresh, found), bounded }
}

/** Gives the fresh gaps their bound: a transaction id that was handed out after they were seen. */
export function withBound(gaps: Gaps, bound: bigint): Gaps {
  return gaps.fresh.length === 0 ? gaps : { fresh: [], bounded: [...gaps.bounded, { bound, ranges: gaps.fresh }] }
}

/** How gaps are kept in a checkpoint: `[from, to]`, and `[from, to, bound]`. */
export interface StoredGaps {
  readonly fresh: readonly [number, number][]
  readonly bounded: readonly [number, number, string][]
}

export function storeGaps(gaps: Gaps): StoredGaps {
  return {
    fresh: gaps.fresh.map((range) => [range.from, range.to]),
    bounded: gaps.bounded.flatMap((group) =>
      group.ranges.map((r): [number, number, string] => [r.from, r.to, String(group.bound)]),
    ),
  }
}

export function loadGaps(stored: StoredGaps): Gaps {
  const groups = new Map<string, Range[]>()
  for (const [from, to, bound] of stored.bounded) {
    const ranges = groups.get(bound) ?? []
    ranges.push({ from, to })
    groups.set(bound, ranges)
  }
  return {
    fresh: stored.fresh.map(([from, to]) => ({ from, to })),
    bounded: [...groups].map(([bound, ranges]) => ({ bound: BigInt(bound), ranges })),
  }
}
