import type { Pool } from '../database.ts'
import type { FeedBatch } from '../feed.ts'
import type { Generation } from '../generations/catalog.ts'
import type { EventMapping, Projection } from '../projection.ts'
import { titleOf } from '../projection.ts'
import type { ReadStore } from '../readStore.ts'
import type { AttemptMaker } from './attempt.ts'
import { type CompiledMapping, compileMappings } from './compile.ts'
import type { FanOuts } from './fanOut.ts'
import { Ledger } from './ledger.ts'
import { Park, type ParkedEvent } from './park.ts'
import type { ProjectorSettings } from './settings.ts'
import { type StaleKey, staleKeys, type StaleKeys } from './staleKeys.ts'
import type { Trouble } from './trouble.ts'
import { DocumentWriter } from './writer.ts'

export interface VersionWorkerOptions {
  readonly pool: Pool
  readonly store: ReadStore
  readonly projection: Projection
  readonly settings: ProjectorSettings
  readonly signal: AbortSignal
  readonly trouble: Trouble
  readonly fanOuts: FanOuts
  readonly onGenerations: (generations: readonly Generation[]) => void
  readonly onWritten: () => void
}

/** The work on one version of a projection: what a batch means for it, and the writing of its stale keys. */
export class VersionWorker {
  readonly projection: Projection
  readonly park: Park
  readonly #options: VersionWorkerOptions
  readonly #compiled: ReadonlyMap<EventMapping, CompiledMapping>
  readonly #writer: DocumentWriter

  static async open(options: VersionWorkerOptions): Promise<VersionWorker> {
    const { pool, projection, store } = options
    const compiled = await compiledOn(pool, projection)
    const park = new Park(pool, { projection: projection.name, store: store.kind, version: projection.version })
    await park.load()
    return new VersionWorker(options, park, compiled)
  }

  private constructor(options: VersionWorkerOptions, park: Park, compiled: ReadonlyMap<EventMapping, CompiledMapping>) {
    this.projection = options.projection
    this.park = park
    this.#options = options
    this.#compiled = compiled
    this.#writer = new DocumentWriter({ ...options, park })
  }

  compiledMapping(eventType: string, index: number): CompiledMapping | undefined {
    return [...this.#compiled.values()].find(({ of }) => of.eventType === eventType && of.index === index)
  }

  /** Takes a batch through to the stores; the ledger has both sides of it then. */
  async batch(makers: readonly AttemptMaker[], batch: FeedBatch, ledger: Ledger): Promise<void> {
    const { pool, settings, fanOuts } = this.#options
    const stale = await staleKeys(pool, this.projection, this.#compiled, batch.events, {
      fanOutFrom: settings.fanOutFrom,
      keysMax: settings.backlogEventsMax,
    })
    await fanOuts.add(this.projection.version, stale.fanOuts)
    const durable = fanOuts.positions(this.projection.version)
    const parked = await this.park.parkEvents([...failedEvents(stale), ...unreadable(batch)])
    await this.park.parkKeys(stale.malformed)
    ledger.events(batch.events.length + batch.unreadable.length, {
      ...stale.events,
      fannedOut: stale.fannedOut.filter((position) => durable.has(position)).length,
      parked,
    })
    await this.#writer.write(makers, [...stale.keys.values()], settings.attemptKeysMax, ledger)
  }

  /** Writes keys that were not in a batch: of a fan-out, or parked ones. */
  async keys(maker: AttemptMaker, keys: readonly StaleKey[]): Promise<void> {
    if (keys.length === 0) return
    const ledger = new Ledger(`${titleOf(this.projection)}, ${keys.length} keys beside the batches`)
    await this.#writer.write([maker], keys, this.#options.settings.fanOutKeysMax, ledger)
    ledger.assertBalanced()
  }

  /** The keys of parked events, asked for again; those events that name their keys now are released. */
  async events(maker: AttemptMaker, events: readonly ParkedEvent[]): Promise<void> {
    const { pool } = this.#options
    for (const parked of events) {
      const event = {
        ...parked,
        id: parked.eventId ?? '',
        type: parked.type ?? '',
        aggregateType: '',
        aggregateId: '',
        payload: Buffer.from(parked.body).toString(),
        recordedAtMs: 0,
      }
      const stale = await staleKeys(pool, this.projection, this.#compiled, [event], {
        fanOutFrom: Number.MAX_SAFE_INTEGER - 1,
        keysMax: Number.MAX_SAFE_INTEGER,
      })
      await this.keys(maker, [...stale.keys.values()])
      await this.park.parkKeys(stale.malformed)
      if (stale.failed.length > 0)
        await this.park.parkEvents(stale.failed.map(({ fault }) => ({ ...parked, ...fault })))
      else await this.park.releaseEvent(parked)
    }
  }

  /** Tries one parked key; when that works, all others are due at once. */
  async probe(maker: AttemptMaker): Promise<void> {
    const key = await this.park.oneKey()
    if (key === undefined) return
    await this.keys(maker, [key]).catch(() => undefined)
    if (!this.park.has(key.key)) await this.park.allDue()
  }
}

async function compiledOn(pool: Pool, projection: Projection): Promise<Map<EventMapping, CompiledMapping>> {
  const client = await pool.connect()
  try {
    return await compileMappings(client, projection)
  } finally {
    client.release()
  }
}

function failedEvents(stale: StaleKeys): ParkedEvent[] {
  return stale.failed.map(({ event, fault }) => ({
    ...fault,
    source: event.source,
    position: event.position,
    eventId: event.id,
    type: event.type,
    body: Buffer.from(event.payload),
  }))
}

function unreadable(batch: FeedBatch): ParkedEvent[] {
  return batch.unreadable.map((message) => ({ ...message, code: 'MAPPING_FAILED', eventId: null, type: null }))
}
