import { middleOf } from './statistics.ts'

/** What both sides of one pair have measured, in the same unit. */
export interface Pair {
  readonly ours: number
  readonly ceiling: number
}

/** A comparison as it is reported. */
export interface Compared {
  readonly ours: number
  readonly ceiling: number
  /** Of the pairs' own ratios, not of the two medians: what disturbs a pair disturbs both of its sides. */
  readonly ratio: number
  readonly interval: readonly [low: number, high: number]
  readonly pairs: number
}

/** Measures both sides in turn, so often; which one comes first changes from pair to pair. */
export async function measurePairs<O, C>(
  count: number,
  sides: { ours: (pair: number) => Promise<O>; ceiling: (pair: number) => Promise<C> },
  onPair: (done: number, pair: { ours: O; ceiling: C }) => void = () => undefined,
): Promise<{ ours: O; ceiling: C }[]> {
  const pairs: { ours: O; ceiling: C }[] = []
  for (let i = 0; i < count; i++) {
    const first = i % 2 === 0 ? await sides.ours(i) : undefined
    const ceiling = await sides.ceiling(i)
    const pair = { ours: first ?? (await sides.ours(i)), ceiling }
    pairs.push(pair)
    onPair(i + 1, pair)
  }
  return pairs
}

export function compare(pairs: readonly Pair[]): Compared {
  const ratio = middleOf(pairs.map(({ ours, ceiling }) => ours / ceiling))
  return {
    ours: middleOf(pairs.map(({ ours }) => ours)).median,
    ceiling: middleOf(pairs.map(({ ceiling }) => ceiling)).median,
    ratio: ratio.median,
    interval: [ratio.low, ratio.high],
    pairs: pairs.length,
  }
}
