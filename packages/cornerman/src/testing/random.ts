/** Numbers that look random and are the same for the same seed (mulberry32). */
export interface Random {
  /** From 0 up to, but not including, `below`. */
  int(below: number): number
  pick<T>(list: readonly T[]): T
}

export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (below: number) => Math.floor(next() * below)
  return { int, pick: (list) => list[int(list.length)]! }
}

/** Some seeds that are the same in every run, and one that is not: the test's name tells which, to be run again. */
export const seeds = (count: number): number[] => [
  ...Array.from({ length: count }, (_, i) => i + 1),
  Math.floor(Math.random() * 2 ** 31),
]
