import { backoff, monotonicMs, pause } from '../backoff.ts'
import type { Pool } from '../database.ts'
import { CornermanError, type ErrorCode, hasCode, messageOf } from '../errors.ts'
import { countsAsLive, fed, type Generation, markBroken } from '../generations/catalog.ts'
import { keyString } from '../key.ts'
import { faultKind, isStatementTimeout } from '../postgresFault.ts'
import { type Projection, titleOf } from '../projection.ts'
import type { GenerationRef, ReadStore, WriteOutcome, WrittenDocument } from '../readStore.ts'
import { type Attempt, type AttemptMaker, refuseOldAttempt } from './attempt.ts'
import { refuseUnknownVersions } from './history.ts'
import type { Ledger } from './ledger.ts'
import type { Park, ParkedKey } from './park.ts'
import type { ProjectorSettings } from './settings.ts'
import type { StaleKey } from './staleKeys.ts'
import type { Trouble } from './trouble.ts'

export interface WriterOptions {
  readonly pool: Pool
  readonly store: ReadStore
  readonly projection: Projection
  readonly park: Park
  readonly trouble: Trouble
  readonly settings: ProjectorSettings
  readonly signal: AbortSignal
  /** Told of the generations that each attempt has seen. */
  readonly onGenerations?: (generations: readonly Generation[]) => void
  /** Told that documents may have changed, before anything that stands for the change is let go. */
  readonly onWritten?: () => void
}

/** Documents of items that the store could not take are sent again for so long before their keys are read anew. */
const resendMs = 60_000
/** Tries for a generation that refuses writes while the live one takes them, before it is left out. */
const brokenAfterTries = 5
/** Tries for a generation that the catalog has and the store has not, before the session ends and the next one reconciles the two. */
const goneAfterTries = 3

/** Brings stale keys of one projection version into every generation that is fed, or parks them. */
export class DocumentWriter {
  readonly #options: WriterOptions
  readonly #refusals = new Map<number, number>()

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** Writes in chunks, as many at once as there are makers; returns once each key is written, fenced or parked. */
  async write(
    makers: readonly AttemptMaker[],
    keys: readonly StaleKey[],
    chunkSize: number,
    ledger: Ledger,
  ): Promise<void> {
    const chunks: StaleKey[][] = []
    for (let from = 0; from < keys.length; from += chunkSize) chunks.push(keys.slice(from, from + chunkSize))
    const work = async (maker: AttemptMaker) => {
      for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift())
        await this.#chunk(maker, chunk, ledger)
    }
    const results = await Promise.allSettled(makers.map(work))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  /** Tries until it is done: every try is an attempt of its own, under a version of its own. */
  async #chunk(maker: AttemptMaker, keys: readonly StaleKey[], ledger: Ledger): Promise<void> {
    const waits = backoff()
    let gone = 0
    for (;;) {
      this.#options.signal.throwIfAborted()
      try {
        return await this.#attempt(maker, keys, ledger)
      } catch (error) {
        if (isOneKeysFault(error)) return this.#isolate(maker, keys, error, ledger)
        if (error instanceof CornermanError && endsTheBatch.has(error.code)) throw error
        // Retired meanwhile, as the next attempt's list of generations tells; or the store has lost it.
        if (hasCode(error, 'GENERATION_GONE') && ++gone >= goneAfterTries) throw error
        if (!hasCode(error, 'GENERATION_GONE')) await this.#options.trouble.report(error)
        await pause(waits.next(), this.#options.signal)
      }
    }
  }

  /** Halves the keys until the one whose query fails is alone, and parks that. */
  async #isolate(maker: AttemptMaker, keys: readonly StaleKey[], error: unknown, ledger: Ledger): Promise<void> {
    if (keys.length === 1) {
      const parked = await this.#park([{ ...keys[0]!, code: 'DOCUMENT_FAILED', reason: messageOf(error) }])
      ledger.keys('the primary', 1, { written: 0, fenced: 0, parked })
      return
    }
    const half = Math.ceil(keys.length / 2)
    await this.#chunk(maker, keys.slice(0, half), ledger)
    await this.#chunk(maker, keys.slice(half), ledger)
  }

  async #attempt(maker: AttemptMaker, keys: readonly StaleKey[], ledger: Ledger): Promise<void> {
    const { projection, park, trouble } = this.#options
    const attempt = await maker.make(
      projection,
      keys.map(({ key }) => key),
    )
    this.#options.onGenerations?.(attempt.generations)
    const position = new Map(keys.map((each) => [keyString(each.key), each.position]))
    const parked: ParkedKey[] = attempt.ambiguous.map((key) => ({
      key,
      position: position.get(keyString(key))!,
      code: 'DOCUMENT_NOT_UNIQUE',
      reason: 'the document query returned more than one row for this key',
    }))
    for (const generation of fed(attempt.generations, projection.version)) {
      const outcomes = await this.#generation(attempt, generation)
      if (outcomes === 'left out') continue
      await refuseUnknownVersions(this.#options.pool, outcomes)
      const refused = refusedKeys(generation, attempt.documents, outcomes, position)
      parked.push(...refused)
      ledger.keys(`generation ${generation.number}`, keys.length, {
        ...count(outcomes),
        parked: refused.length + attempt.ambiguous.length,
      })
    }
    this.#options.onWritten?.()
    await this.#park(parked)
    const left = new Set(parked.map(({ key }) => keyString(key)))
    const done = keys.map(({ key }) => key).filter((key) => !left.has(keyString(key)))
    await park.release(done, attempt.takenAtMs)
    trouble.over()
  }

  async #generation(attempt: Attempt, generation: Generation): Promise<WriteOutcome[] | 'left out'> {
    const { store } = this.#options
    const ref = this.#ref(generation)
    try {
      const outcomes = await this.#send(ref, attempt)
      if (generation.switching && generation.state !== 'live') await store.makeSearchable(ref)
      this.#refusals.delete(generation.number)
      return outcomes
    } catch (error) {
      if (countsAsLive(generation) || !hasCode(error, 'STORE_UNREACHABLE')) throw error
      if (await this.#leftOut(generation, attempt, messageOf(error))) return 'left out'
      throw error
    }
  }

  /** Sends the documents; items that the store could not take are sent again, the same bytes under the same version. */
  async #send(ref: GenerationRef, attempt: Attempt): Promise<WriteOutcome[]> {
    const { store, signal } = this.#options
    const waits = backoff()
    refuseOldAttempt(attempt)
    const outcomes = await store.write(ref, attempt.version, attempt.documents)
    for (;;) {
      const again = outcomes.flatMap((each, i) => (each.outcome === 'unavailable' ? [i] : []))
      if (again.length === 0) return outcomes
      const first = outcomes[again[0]!]!
      const reason = first.outcome === 'unavailable' ? first.reason : ''
      if (monotonicMs() - attempt.startedAt > resendMs || signal.aborted) {
        throw new CornermanError(
          'STORE_UNREACHABLE',
          `the read store ${store.kind} does not take ${again.length} documents: ${reason}`,
        )
      }
      await pause(waits.next(), signal)
      const results = await store.write(
        ref,
        attempt.version,
        again.map((i) => attempt.documents[i]!),
      )
      again.forEach((place, i) => {
        outcomes[place] = results[i]!
      })
    }
  }

  /** A generation that keeps refusing while the live one takes writes is marked broken: it must not hold up the live one. */
  async #leftOut(generation: Generation, attempt: Attempt, reason: string): Promise<boolean> {
    const { pool, store, projection } = this.#options
    const refusals = (this.#refusals.get(generation.number) ?? 0) + 1
    this.#refusals.set(generation.number, refusals)
    const live = attempt.generations.find((each) => each.version === projection.version && each.state === 'live')
    if (live === undefined || refusals < brokenAfterTries) return false
    // Any write that the live one takes will do: nothing at all is one.
    await this.#probe(this.#ref(live))
    const id = {
      projection: projection.name,
      store: store.kind,
      version: generation.version,
      number: generation.number,
    }
    return markBroken(pool, id, reason)
  }

  /** Whether the live generation takes writes: its own watermark, as it is. */
  async #probe(live: GenerationRef): Promise<void> {
    for (const { revision, ...watermark } of await this.#options.store.readWatermarks(live)) {
      await this.#options.store.writeWatermark(live, watermark, revision)
    }
  }

  async #park(keys: readonly ParkedKey[]): Promise<number> {
    const { park, settings, projection } = this.#options
    const parked = await park.parkKeys(keys)
    if (keys.length > 0 && park.count > settings.parkedKeysMax) {
      throw new CornermanError(
        'PARKED_LIMIT',
        `${titleOf(projection)} has ${park.count} parked keys, more than ${settings.parkedKeysMax}; the last one: ${keys.at(-1)!.reason}`,
        {
          hint: `this is hardly about single documents: see \`cornerman status\` for the reasons, mend the cause, then \`cornerman retry ${projection.name}\``,
        },
      )
    }
    return parked
  }

  #ref(generation: Generation): GenerationRef {
    return { projection: this.#options.projection.name, version: generation.version, number: generation.number }
  }
}

const endsTheBatch: ReadonlySet<ErrorCode> = new Set(['PARKED_LIMIT', 'LEDGER_UNBALANCED', 'HISTORY_CHANGED'])

/** One key may be the cause of it: its data, or the time that its query takes. */
function isOneKeysFault(error: unknown): boolean {
  return !(error instanceof CornermanError) && (faultKind(error) === 'data' || isStatementTimeout(error))
}

function refusedKeys(
  generation: Generation,
  documents: readonly WrittenDocument[],
  outcomes: readonly WriteOutcome[],
  position: ReadonlyMap<string, number>,
): ParkedKey[] {
  return outcomes.flatMap((each, i) => {
    if (each.outcome !== 'refused') return []
    const key = documents[i]!.key
    const where = generation.state === 'live' ? '' : `generation ${generation.number}: `
    return [{ key, position: position.get(keyString(key))!, code: 'DOCUMENT_REFUSED', reason: where + each.reason }]
  })
}

function count(outcomes: readonly WriteOutcome[]): { written: number; fenced: number } {
  return {
    written: outcomes.filter((each) => each.outcome === 'written').length,
    fenced: outcomes.filter((each) => each.outcome === 'fenced').length,
  }
}
