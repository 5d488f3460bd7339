import type { Pool, Queryable } from '../database.ts'
import type { Key } from '../key.ts'
import type { Range } from '../outbox/ranges.ts'
import type { FanOutRequest } from './staleKeys.ts'

/**
 * Stale keys that are too many for one batch. A fan-out is durable before the batch that it came with is committed, and is
 * worked off in chunks, in key order, beside newer events. Until it is done its position is one of the watermark's gaps and
 * the watermark's time does not pass the event's, so staleness stays true.
 */
export interface FanOut {
  readonly id: number
  readonly version: number
  readonly kind: 'event' | 'keys' | 'all'
  readonly eventType: string | null
  readonly mappingIndex: number | null
  readonly arguments: readonly (string | null)[] | null
  readonly keys: readonly Key[] | null
  /** Of kind `all`: first the domain; then what else lies in the store with a version below `startedVersion`. */
  readonly phase: 'domain' | 'store'
  readonly lastKey: Key | null
  readonly startedVersion: number | null
  readonly position: number | null
  readonly atMs: number | null
  readonly reason: string
  readonly doneKeys: number
}

const fields = `id, version, kind, event_type as "eventType", mapping_index as "mappingIndex", arguments, keys, phase, last_key as "lastKey",
  started_version as "startedVersion", position, (extract(epoch from at) * 1000)::float8 as "atMs", reason, done_keys as "doneKeys"`

export async function readFanOuts(db: Queryable, projection: string, store: string): Promise<FanOut[]> {
  const { rows } = await db.query<FanOut>(
    `select ${fields} from cornerman.fanouts where projection = $1 and store = $2 order by id`,
    [projection, store],
  )
  return rows
}

/** Asks for a refresh: of the listed keys, or of all. Returns the ids by which its progress can be followed. */
export async function requestRefresh(
  db: Queryable,
  of: { projection: string; store: string; versions: readonly number[] },
  request: { reason: string; keys?: readonly Key[] },
): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    `insert into cornerman.fanouts (projection, store, version, kind, keys, reason)
     select $1, $2, version, $4, $5, $6 from unnest($3::int[]) as version returning id`,
    [
      of.projection,
      of.store,
      of.versions,
      request.keys === undefined ? 'all' : 'keys',
      request.keys === undefined ? null : JSON.stringify(request.keys),
      request.reason,
    ],
  )
  return rows.map((row) => row.id)
}

/** The fan-outs of one projection in one store, as this session knows them. */
export class FanOuts {
  readonly #pool: Pool
  readonly #of: readonly [projection: string, store: string]
  readonly #known = new Set<number>()
  #open: FanOut[] = []

  constructor(pool: Pool, of: { projection: string; store: string }) {
    this.#pool = pool
    this.#of = [of.projection, of.store]
  }

  get open(): readonly FanOut[] {
    return this.#open
  }

  /** The positions that are not reflected until their fan-outs are done. */
  gaps(version: number): Range[] {
    return this.#ofEvents(version).map(({ position }) => ({ from: position!, to: position! }))
  }

  /** The time that the watermark must not pass; infinity when nothing holds it. */
  atMs(version: number): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#ofEvents(version).map(({ atMs }) => atMs!))
  }

  #ofEvents(version: number): FanOut[] {
    return this.#open.filter((each) => each.version === version && each.kind === 'event')
  }

  /** Adds what others have asked for. How far the known ones have come is known better here. */
  async load(): Promise<void> {
    const read = await readFanOuts(this.#pool, ...this.#of)
    this.#open = [...this.#open, ...read.filter(({ id }) => !this.#known.has(id))]
    for (const { id } of read) this.#known.add(id)
  }

  /** Makes them durable; a batch that comes again adds nothing. */
  async add(version: number, requests: readonly FanOutRequest[]): Promise<void> {
    if (requests.length === 0) return
    const rows = requests.map(({ of, event, arguments: values }) => ({
      event_type: of.eventType,
      mapping_index: of.index,
      arguments: values,
      position: event.position,
      at_ms: event.recordedAtMs,
    }))
    await this.#pool.query(
      `insert into cornerman.fanouts (projection, store, version, kind, event_type, mapping_index, arguments, position, at, reason)
       select $1, $2, $3, 'event', r.event_type, r.mapping_index, r.arguments, r.position, to_timestamp(r.at_ms / 1000), r.event_type
       from jsonb_to_recordset($4::jsonb) as r(event_type text, mapping_index int, arguments jsonb, position bigint, at_ms float8)
       on conflict do nothing`,
      [...this.#of, version, JSON.stringify(rows)],
    )
    await this.load()
  }

  /** The positions whose fan-outs are durable and not done. */
  positions(version: number): Set<number> {
    return new Set(this.#ofEvents(version).map(({ position }) => position!))
  }

  /** Notes how far one has come; nothing before `lastKey` is asked for again. */
  async advance(
    fanOut: FanOut,
    to: { phase: FanOut['phase']; lastKey: Key | null; startedVersion: number | null; doneKeys: number },
  ): Promise<void> {
    await this.#pool.query(
      'update cornerman.fanouts set phase = $2, last_key = $3, started_version = $4, done_keys = $5 where id = $1',
      [fanOut.id, to.phase, to.lastKey, to.startedVersion, to.doneKeys],
    )
    this.#open = this.#open.map((each) => (each.id === fanOut.id ? { ...each, ...to } : each))
  }

  async finish(fanOut: FanOut): Promise<void> {
    await this.#pool.query('delete from cornerman.fanouts where id = $1', [fanOut.id])
    this.#open = this.#open.filter((each) => each.id !== fanOut.id)
  }
}
