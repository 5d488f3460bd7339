import { setTimeout as sleep } from 'node:timers/promises'

/** Starts `work` for each item at a steady rate, whether or not what it started before is done; resolves when all are. */
export async function atPace<T, R>(
  items: readonly T[],
  perSecond: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const startedAt = performance.now()
  const under: Promise<R>[] = []
  for (const [i, item] of items.entries()) {
    const dueInMs = startedAt + (i * 1_000) / perSecond - performance.now()
    if (dueInMs > 0.5) await sleep(dueInMs)
    under.push(work(item))
  }
  return Promise.all(under)
}
