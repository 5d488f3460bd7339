import { monotonicMs, pause } from '../backoff.ts'
import type { Pool } from '../database.ts'
import { hasCode, messageOf } from '../errors.ts'
import { outboxSource } from '../feeds/outbox/feed.ts'
import { fed, type Generation } from '../generations/catalog.ts'
import { beginSwitch, endSwitch, hasPassed, type Switch } from '../generations/switch.ts'
import type { Key } from '../key.ts'
import type { Logger } from '../logger.ts'
import { faultKind } from '../postgresFault.ts'
import type { ReadStore } from '../readStore.ts'
import type { AttemptMaker } from './attempt.ts'
import { domainStatement } from './compile.ts'
import type { FanOut, FanOuts } from './fanOut.ts'
import type { ProjectorSettings } from './settings.ts'
import type { VersionWorker } from './versionWorker.ts'
import type { Watermarks } from './watermarks.ts'

export interface SideWorkOptions {
  readonly pool: Pool
  readonly store: ReadStore
  readonly logger: Logger
  readonly settings: ProjectorSettings
  readonly projection: string
  readonly maker: AttemptMaker
  readonly workers: ReadonlyMap<number, VersionWorker>
  readonly fanOuts: FanOuts
  readonly watermarks: Watermarks
  readonly signal: AbortSignal
  readonly generations: () => readonly Generation[]
  /** Whether a batch is being worked on: side work waits for it between its chunks. */
  readonly isBusy: () => boolean
}

const idleMs = 200
const parkedAtOnce = 100
const dayMs = 86_400_000
/** Attempts are thrown away after an hour: long before this nothing is under way that a tombstone would have to fence. */
const tombstonesKeptMs = 3 * dayMs
const purgeEveryMs = 3_600_000

/** What goes on beside the batches: fan-outs and refreshes in chunks, parked keys and events whose time has come, and the switch to what was built. */
export class SideWork {
  readonly #options: SideWorkOptions
  #switch: Switch | undefined
  #nextPurgeAt = 0

  constructor(options: SideWorkOptions) {
    this.#options = options
  }

  async run(): Promise<never> {
    const { signal } = this.#options
    for (;;) {
      signal.throwIfAborted()
      const worked = await this.#step()
      if (!worked) await pause(idleMs, signal)
    }
  }

  async #step(): Promise<boolean> {
    try {
      await this.#retryParked()
      const fanOut = this.#options.fanOuts.open[0]
      if (fanOut !== undefined) await this.#chunk(fanOut)
      await this.#promoteBuilt()
      await this.#purgeTombstones()
      return fanOut !== undefined
    } catch (error) {
      if (!hasCode(error, 'PARKED_LIMIT')) throw error
      return false
    }
  }

  async #retryParked(): Promise<void> {
    for (const worker of this.#options.workers.values()) {
      const keys = await worker.park.dueKeys(parkedAtOnce)
      if (keys.length > 0)
        await this.#write(
          worker,
          keys.map(({ key }) => key),
          (position) => keys[position]!.position,
        )
      const events = await worker.park.dueEvents(parkedAtOnce)
      if (events.length > 0) await worker.events(this.#options.maker, events)
    }
  }

  async #write(worker: VersionWorker, keys: readonly Key[], position: (place: number) => number): Promise<void> {
    // Newer events first: a chunk waits while a batch is under way, but never for long.
    for (let waited = 0; this.#options.isBusy() && waited < 10; waited++) await pause(5, this.#options.signal)
    await worker.keys(
      this.#options.maker,
      keys.map((key, place) => ({ key, position: position(place) })),
    )
  }

  async #chunk(fanOut: FanOut): Promise<void> {
    const worker = this.#options.workers.get(fanOut.version)
    if (worker === undefined) return this.#options.fanOuts.finish(fanOut)
    if (fanOut.kind === 'keys') return this.#listedKeys(fanOut, worker)
    if (fanOut.kind === 'all')
      return fanOut.phase === 'domain' ? this.#domainKeys(fanOut, worker) : this.#storedKeys(fanOut, worker)
    return this.#eventKeys(fanOut, worker)
  }

  async #listedKeys(fanOut: FanOut, worker: VersionWorker): Promise<void> {
    const { fanOuts, settings } = this.#options
    const keys = fanOut.keys!.slice(fanOut.doneKeys, fanOut.doneKeys + settings.fanOutKeysMax)
    await this.#write(worker, keys, () => 0)
    if (fanOut.doneKeys + keys.length >= fanOut.keys!.length) return fanOuts.finish(fanOut)
    return fanOuts.advance(fanOut, { ...fanOut, doneKeys: fanOut.doneKeys + keys.length })
  }

  async #eventKeys(fanOut: FanOut, worker: VersionWorker): Promise<void> {
    const mapping = worker.compiledMapping(fanOut.eventType!, fanOut.mappingIndex!)
    if (mapping === undefined) return this.#options.fanOuts.finish(fanOut)
    const keys = await this.#page(
      mapping.forOne({ after: fanOut.lastKey !== null }),
      [...(fanOut.arguments ?? [])],
      fanOut.lastKey,
    ).catch((error: unknown) => this.#parkEvent(fanOut, worker, error))
    if (keys === undefined) return this.#options.fanOuts.finish(fanOut)
    await this.#write(worker, keys, () => fanOut.position ?? 0)
    return this.#advance(fanOut, keys, async () => this.#options.fanOuts.finish(fanOut))
  }

  /** An event whose keys cannot be told any more is parked as one that never could: it must not hold up all other work. */
  async #parkEvent(fanOut: FanOut, worker: VersionWorker, error: unknown): Promise<undefined> {
    if (faultKind(error) !== 'data') throw error
    const { rows } = await this.#options.pool.query<{ id: string; payload: string }>(
      'select id, payload::text as payload from cornerman.outbox where position = $1',
      [fanOut.position],
    )
    const reason = `the mapping of ${fanOut.eventType} failed: ${messageOf(error)}`
    await worker.park.parkEvents([
      {
        code: 'MAPPING_FAILED',
        reason,
        source: outboxSource,
        position: fanOut.position!,
        eventId: rows[0]?.id ?? null,
        type: fanOut.eventType,
        body: Buffer.from(rows[0]?.payload ?? '{}'),
      },
    ])
    return undefined
  }

  async #domainKeys(fanOut: FanOut, worker: VersionWorker): Promise<void> {
    const startedVersion = fanOut.startedVersion ?? (await this.#options.maker.version())
    const keys = await this.#page(
      domainStatement(worker.projection, { after: fanOut.lastKey !== null }),
      [],
      fanOut.lastKey,
    )
    await this.#write(worker, keys, () => 0)
    const rest = {
      ...fanOut,
      phase: 'store' as const,
      lastKey: null,
      startedVersion,
      doneKeys: fanOut.doneKeys + keys.length,
    }
    return this.#advance({ ...fanOut, startedVersion }, keys, () => this.#options.fanOuts.advance(fanOut, rest))
  }

  /** What lies in the store and was not refreshed since: documents that should not be there, or whose key is parked. */
  async #storedKeys(fanOut: FanOut, worker: VersionWorker): Promise<void> {
    const { store, generations, projection, fanOuts, settings } = this.#options
    for (const { version, number } of fed(generations(), fanOut.version)) {
      let after: Key | undefined
      for (;;) {
        const page = {
          limit: settings.fanOutKeysMax,
          versionBelow: fanOut.startedVersion!,
          ...(after === undefined ? {} : { after }),
        }
        const keys = (await store.scan({ projection, version, number }, page)).map(({ key }) => key)
        await this.#write(worker, keys, () => 0)
        after = keys.at(-1)
        if (keys.length < settings.fanOutKeysMax) break
      }
    }
    return fanOuts.finish(fanOut)
  }

  async #page(statement: string, values: readonly (string | null)[], after: Key | null): Promise<Key[]> {
    const { pool, settings } = this.#options
    const { rows } = await pool.query<{ key: string[] }>(statement, [
      ...values,
      settings.fanOutKeysMax,
      ...(after ?? []),
    ])
    return rows.map((row) => row.key)
  }

  async #advance(fanOut: FanOut, keys: readonly Key[], atTheEnd: () => Promise<void>): Promise<void> {
    if (keys.length < this.#options.settings.fanOutKeysMax) return atTheEnd()
    return this.#options.fanOuts.advance(fanOut, {
      ...fanOut,
      lastKey: keys.at(-1)!,
      doneKeys: fanOut.doneKeys + keys.length,
    })
  }

  async #purgeTombstones(): Promise<void> {
    if (monotonicMs() < this.#nextPurgeAt) return
    const { store, projection, generations } = this.#options
    for (const { version, number } of generations().filter(({ broken }) => broken === null))
      await store.purgeTombstones({ projection, version, number }, tombstonesKeptMs)
    this.#nextPurgeAt = monotonicMs() + purgeEveryMs
  }

  /** A generation with nothing before it goes live once all keys are in it. */
  async #promoteBuilt(): Promise<void> {
    const { pool, store, projection, fanOuts, watermarks, generations, logger } = this.#options
    for (const { version, number } of generations().filter(
      (each) => each.promoteWhenBuilt && each.state === 'building',
    )) {
      if (fanOuts.open.some((each) => each.kind === 'all' && each.version === version)) continue
      this.#switch ??= await beginSwitch(pool, { projection, store: store.kind, version, number })
      if (this.#switch === undefined || !hasPassed(this.#switch, watermarks.of({ version, number }))) continue
      const live = generations().find((each) => each.version === version && each.state === 'live')
      await endSwitch(pool, store, this.#switch, live)
      this.#switch = undefined
      logger.info(
        { projection, store: store.kind, version, generation: number },
        `generation ${number} of ${projection} v${version} is live`,
      )
    }
  }
}
