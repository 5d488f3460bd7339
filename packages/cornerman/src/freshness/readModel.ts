import { monotonicMs, pause } from '../backoff.ts'
import { CornermanError } from '../errors.ts'
import { type FreshnessState, type LiveWatermarks, stateOf } from './state.ts'
import { isReflected } from './watermark.ts'

/** Reads the watermarks of what is live, on the readers' own path; `null` when nothing is live. */
export type WatermarkReader = () => Promise<LiveWatermarks | null>

/** What an answer says about itself. */
export interface AnswerMeta {
  /** Everything committed before this instant is in the answer, but for parked keys. ISO 8601, PostgreSQL's clock. */
  readonly asOf: string
  /** How old the answer is; null when the projector is silent. Milliseconds, never too low. */
  readonly stalenessMs: number | null
  /** The outbox position up to which the answer goes. */
  readonly position: number
  readonly generation: number
  readonly state: FreshnessState
}

export interface Reached {
  /** Whether the read model reflects the position by now. */
  readonly reached: boolean
  /** Whether keys below the position are parked: their changes are not in the answer. */
  readonly parkedBelow: boolean
}

export interface ReadModelOptions {
  readonly readWatermarks: WatermarkReader
  /** How often the watermarks are looked at while nobody waits, in milliseconds. Defaults to 200. */
  lookIntervalMs?: number
  /** After how long without a new watermark the projector counts as silent, in milliseconds. Defaults to 5 000. */
  silentAfterMs?: number
}

const eagerMs = 4

/** What the last new watermark says of the primary's clock: at `youngerThan` (monotonic, here) it showed `primaryMs` at most. */
interface Reading {
  readonly primaryMs: number
  readonly youngerThan: number
}

/**
 * How fresh a read model is, seen by a query service. The projector leaves with each watermark how stale it was at that
 * moment by PostgreSQL's clock; the time since is measured on this process's monotonic clock. No two clocks are compared.
 */
export class ReadModel {
  readonly #options: Required<ReadModelOptions>
  readonly #revisions = new Map<string, number>()
  readonly #stop = new AbortController()
  readonly #listeners = new Set<(live: LiveWatermarks) => void>()
  #lookedAt: number | undefined
  #reading: Reading | undefined
  #live: LiveWatermarks | null = null
  #waiting = 0
  #wake = new AbortController()
  #looking: Promise<void> | undefined

  constructor(options: ReadModelOptions) {
    this.#options = { lookIntervalMs: 200, silentAfterMs: 5_000, ...options }
  }

  /** Begins to look; until the second watermark nobody can say how old the first one is. */
  start(): void {
    this.#looking ??= this.#look()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#wake.abort()
    await this.#looking
  }

  /** Called with the watermarks each time they have changed. Returns what ends it. */
  onChange(listener: (live: LiveWatermarks) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What to say with an answer that was read together with these watermarks. */
  meta(live: LiveWatermarks): AnswerMeta {
    this.#observe(live)
    const stalenessMs = this.#staleness(live)
    return {
      asOf: new Date(Math.min(...live.watermarks.map((each) => each.atMs))).toISOString(),
      stalenessMs: stalenessMs === null ? null : Math.ceil(stalenessMs),
      position: Math.min(...live.watermarks.map((each) => each.position)),
      generation: live.generation,
      state: stateOf(live.watermarks, stalenessMs),
    }
  }

  /** Waits until the change at `position` is in what readers get, or the time is over: read your own writes. */
  async waitFor(position: number, timeoutMs: number): Promise<Reached> {
    const deadline = monotonicMs() + timeoutMs
    this.#waiting++
    this.#wakeUp()
    try {
      while (!this.#stop.signal.aborted) {
        const watermarks = this.#live?.watermarks ?? []
        const reached = isReflected(watermarks, position)
        if (reached || monotonicMs() >= deadline) {
          return {
            reached,
            parkedBelow: watermarks.some((each) => each.parkedFrom !== null && each.parkedFrom <= position),
          }
        }
        await this.#nextLook(deadline - monotonicMs())
      }
      return { reached: false, parkedBelow: false }
    } finally {
      this.#waiting--
    }
  }

  async #nextLook(timeoutMs: number): Promise<void> {
    const looked = new AbortController()
    const done = this.#looks(() => looked.abort())
    await pause(Math.max(1, timeoutMs), looked.signal)
    done()
  }

  readonly #lookers = new Set<() => void>()

  #looks(listener: () => void): () => void {
    this.#lookers.add(listener)
    return () => this.#lookers.delete(listener)
  }

  #wakeUp(): void {
    this.#wake.abort()
  }

  async #look(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const startedAt = monotonicMs()
      // A store that does not answer now is looked at again; what it said last grows older meanwhile.
      const live = await this.#options.readWatermarks().catch(() => undefined)
      if (live !== undefined) this.#take(live, startedAt)
      for (const listener of this.#lookers) listener()
      this.#wake = new AbortController()
      await pause(
        this.#waiting > 0 ? eagerMs : this.#options.lookIntervalMs,
        AbortSignal.any([this.#stop.signal, this.#wake.signal]),
      )
    }
  }

  #take(live: LiveWatermarks | null, startedAt: number): void {
    const changed = live !== null && fingerprint(live) !== (this.#live === null ? '' : fingerprint(this.#live))
    this.#live = live
    if (live === null) return
    this.#observe(live)
    this.#lookedAt = startedAt
    if (changed) for (const listener of this.#listeners) listener(live)
  }

  /** A watermark that the last look did not show was written after that look, or shortly before it. */
  #observe(live: LiveWatermarks): void {
    for (const { source, revision, atMs, stalenessMs } of live.watermarks) {
      const name = `${live.generation}/${source}`
      const known = this.#revisions.get(name)
      if (known !== undefined && known >= revision) continue
      this.#revisions.set(name, revision)
      // The first one of a generation may have lain there for long.
      if (known !== undefined && this.#lookedAt !== undefined)
        this.#reading = { primaryMs: atMs + stalenessMs, youngerThan: this.#lookedAt }
    }
  }

  #staleness(live: LiveWatermarks): number | null {
    if (this.#reading === undefined) return null
    const since = monotonicMs() - this.#reading.youngerThan
    if (since > this.#options.silentAfterMs) return null
    return Math.max(0, this.#reading.primaryMs + since - Math.min(...live.watermarks.map((each) => each.atMs)))
  }
}

const fingerprint = (live: LiveWatermarks) =>
  `${live.generation}:${live.watermarks.map((each) => `${each.source}=${each.revision}`).join(',')}`

/** The error for readers when nothing is live yet, or the store does not answer. */
export function unavailable(projection: string, reason: string, cause?: unknown): CornermanError {
  return new CornermanError('READ_MODEL_UNAVAILABLE', `the read model ${projection} cannot be read: ${reason}`, {
    hint: 'is a projector running? `cornerman status` says what it waits for',
    cause,
  })
}
