/** What `pg_current_snapshot()` prints: `xmin:xmax:xip,xip`. Transactions in progress are those of `xip` and all from `xmax` on. */
export interface Snapshot {
  /** Every transaction below has ended. */
  readonly xmin: bigint
  readonly xmax: bigint
  readonly inProgress: ReadonlySet<bigint>
}

export function parseSnapshot(text: string): Snapshot {
  const [xmin, xmax, list] = text.split(':')
  const inProgress = list === undefined || list === '' ? [] : list.split(',').map(BigInt)
  return { xmin: BigInt(xmin!), xmax: BigInt(xmax!), inProgress: new Set(inProgress) }
}

/** Whether a transaction below `bound` that was in progress in `before` has ended by `now`. */
export function endedBetween(before: Snapshot, now: Snapshot, bound: bigint): boolean {
  if (before.xmax < bound) return true
  for (const id of before.inProgress) {
    if (id < bound && !now.inProgress.has(id)) return true
  }
  return false
}
