import { setTimeout as sleep } from 'node:timers/promises'

const patienceMs = 900_000

/** Looks every so often until the condition holds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, everyMs = 25): Promise<void> {
  const startedAt = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedAt > patienceMs) throw new Error(`still not so: ${what}`)
    await sleep(everyMs)
  }
}
