/** Positions from `from` to `to`, both included. Lists of ranges are ascending and do not overlap. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** The positions after `cursor`, up to the last of `positions`, that are not among them. `positions` is ascending. */
export function missingAfter(cursor: number, positions: readonly number[]): Range[] {
  const missing: Range[] = []
  let last = cursor
  for (const position of positions) {
    if (position > last + 1) missing.push({ from: last + 1, to: position - 1 })
    last = position
  }
  return missing
}

/** The ranges without the given positions (ascending); the very same list if none of them lies in it. */
export function without(ranges: readonly Range[], positions: readonly number[]): readonly Range[] {
  const left: Range[] = []
  let next = 0
  for (const range of ranges) {
    let from = range.from
    while (next < positions.length && positions[next]! < from) next++
    for (; next < positions.length && positions[next]! <= range.to; next++) {
      const position = positions[next]!
      if (position > from) left.push({ from, to: position - 1 })
      from = position + 1
    }
    if (from <= range.to) left.push(from === range.from ? range : { from, to: range.to })
  }
  return left.length === ranges.length && left.every((range, index) => range === ranges[index]) ? ranges : left
}

export function contains(ranges: readonly Range[], position: number): boolean {
  return ranges.some((range) => range.from <= position && position <= range.to)
}

/** Sorted, overlapping and touching ranges joined; beyond `max`, the oldest are joined over what lies between them. */
export function mergeRanges(ranges: readonly Range[], max = Number.POSITIVE_INFINITY): Range[] {
  const merged: { from: number; to: number }[] = []
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last !== undefined && range.from <= last.to + 1) last.to = Math.max(last.to, range.to)
    else merged.push({ from: range.from, to: range.to })
  }
  if (merged.length <= max) return merged
  const surplus = merged.length - max
  return [{ from: merged[0]!.from, to: merged[surplus]!.to }, ...merged.slice(surplus + 1)]
}
