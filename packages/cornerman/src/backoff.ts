import { setTimeout as sleep } from 'node:timers/promises'

export interface Backoff {
  /** The pause before the next try, in milliseconds: doubled each time, capped, jittered by half. */
  next(): number
  reset(): void
}

export function backoff({ firstMs = 50, maxMs = 5_000 } = {}): Backoff {
  let tries = 0
  return {
    next: () => Math.min(maxMs, firstMs * 2 ** Math.min(tries++, 30)) * (0.5 + Math.random() / 2),
    reset: () => {
      tries = 0
    },
  }
}

/** Resolves after `ms`, or at once when the signal is aborted; never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: true }).catch(() => undefined)
}

/** Monotonic milliseconds: what every wait and age of this process is measured on. */
export const monotonicMs = (): number => performance.now()
