import { monotonicMs } from '../backoff.ts'

/**
 * The primary's clock, as this process can tell it between two looks: the only clock on which ages are measured. It runs
 * ahead by a round trip at most, never behind, so an age is never told too low.
 */
export class PrimaryClock {
  #nowMs = 0
  #askedAt = 0

  /** `nowMs` is what the primary answered to a question that was sent at `askedAt`, monotonic. */
  set(nowMs: number, askedAt: number): void {
    this.#nowMs = nowMs
    this.#askedAt = askedAt
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#nowMs + (monotonicMs() - this.#askedAt)
  }
}
