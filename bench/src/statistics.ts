/** Where the middle of a sample lies, and how sure that is. */
export interface Middle {
  readonly median: number
  /** The interval in which the median lies with 95 %, by order statistics; of fewer than six values, all of them. */
  readonly low: number
  readonly high: number
}

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b)

export function median(values: readonly number[]): number {
  const sorted = ascending(values)
  const half = sorted.length / 2
  return Number.isInteger(half) ? (sorted[half - 1]! + sorted[half]!) / 2 : sorted[Math.floor(half)]!
}

/** The smallest value that `share` of the values do not exceed (nearest rank): `quantile(latencies, 0.99)`. */
export function quantile(values: readonly number[], share: number): number {
  return ascending(values)[Math.max(0, Math.ceil(share * values.length) - 1)]!
}

/** Needs no assumption on how the values are spread: the number of values below the median is binomial. */
export function middleOf(values: readonly number[]): Middle {
  const sorted = ascending(values)
  const cut = valuesToCut(sorted.length)
  return { median: median(values), low: sorted[cut]!, high: sorted[sorted.length - 1 - cut]! }
}

/** How many values may be left out at each end: the chance that the median lies among those stays below 2.5 % a side. */
function valuesToCut(count: number): number {
  let chance = 0.5 ** count
  let sum = chance
  let cut = 0
  while (sum <= 0.025) {
    chance *= (count - cut) / (cut + 1)
    sum += chance
    cut++
  }
  return Math.max(0, cut - 1)
}
