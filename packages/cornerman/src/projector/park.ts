import type { Pool, Queryable } from '../database.ts'
import { type Key, keyString } from '../key.ts'
import type { Reason, StaleKey } from './staleKeys.ts'

/** The first pause before a parked key is tried again, and the longest, in seconds: doubled each time. */
const retryFirstSeconds = 5
const retryMaxSeconds = 600
const nextRetry = (attempts: string) =>
  `clock_timestamp() + least(${retryMaxSeconds}, ${retryFirstSeconds} * 2 ^ least(${attempts}, 20)) * (0.75 + random() / 2) * interval '1 second'`

export type ParkedKey = StaleKey & Reason

export interface ParkedEvent extends Reason {
  readonly source: string
  readonly position: number
  readonly eventId: string | null
  readonly type: string | null
  readonly body: Uint8Array
}

/** What of a projection version is parked: keys and events that are known to be stale, with the reason why they still are. */
export class Park {
  readonly #pool: Pool
  readonly #of: readonly [projection: string, store: string, version: number]
  readonly #keys = new Map<string, number | null>()
  /** Source and position of the event → position. */
  readonly #events = new Map<string, number>()
  /** Counts what was parked here: what was read before that does not know of it. */
  #parked = 0

  constructor(pool: Pool, of: { projection: string; store: string; version: number }) {
    this.#pool = pool
    this.#of = [of.projection, of.store, of.version]
  }

  /** Keys that are parked. */
  get count(): number {
    return this.#keys.size
  }

  /** Keys and events that are parked. */
  get total(): number {
    return this.#keys.size + this.#events.size
  }

  /** The lowest position that is not reflected because of what is parked. */
  get lowestPosition(): number | null {
    const positions = [...this.#keys.values(), ...this.#events.values()].filter((position) => position !== null)
    return positions.length === 0 ? null : Math.min(...positions)
  }

  has(key: Key): boolean {
    return this.#keys.has(keyString(key))
  }

  /** Reads what is parked; called at the start, and when somebody else may have changed it. */
  async load(): Promise<void> {
    const parked = this.#parked
    const { rows } = await this.#pool.query<{ key: string[]; position: number | null }>(
      'select key, position from cornerman.parked_keys where projection = $1 and store = $2 and version = $3',
      [...this.#of],
    )
    const events = await this.#pool.query<{ source: string; position: number }>(
      'select source, position from cornerman.parked_events where projection = $1 and store = $2 and version = $3',
      [...this.#of],
    )
    if (parked !== this.#parked) return this.load()
    this.#keys.clear()
    for (const row of rows) this.#keys.set(keyString(row.key), row.position)
    this.#events.clear()
    for (const event of events.rows) this.#events.set(eventName(event), event.position)
  }

  /** Returns how many are durably parked. */
  async parkKeys(keys: readonly ParkedKey[]): Promise<number> {
    if (keys.length === 0) return 0
    const distinct = [...new Map(keys.map((each) => [keyString(each.key), each])).values()]
    await this.#pool.query(
      `insert into cornerman.parked_keys as p (projection, store, version, key, code, reason, position, retry_at)
       select $1, $2, $3, array(select jsonb_array_elements_text(k.key)), k.code, k.reason, k.position, ${nextRetry('0')}
       from jsonb_to_recordset($4::jsonb) as k(key jsonb, code text, reason text, position bigint)
       on conflict (projection, store, version, key) do update set code = excluded.code, reason = excluded.reason,
         position = least(p.position, excluded.position), attempts = p.attempts + 1, tried_at = clock_timestamp(), retry_at = ${nextRetry('p.attempts')}`,
      [...this.#of, JSON.stringify(distinct)],
    )
    this.#parked++
    for (const { key, position } of distinct) {
      const known = this.#keys.get(keyString(key))
      this.#keys.set(keyString(key), known == null ? position : Math.min(known, position))
    }
    return keys.length
  }

  /**
   * Forgets keys that were written by an attempt of this instant; those that were not parked cost nothing. What was parked
   * after it, by a newer attempt, is still stale.
   */
  async release(keys: readonly Key[], takenAtMs: number): Promise<void> {
    if (this.#keys.size === 0) return
    const parked = keys.filter((key) => this.has(key))
    if (parked.length === 0) return
    const { rows } = await this.#pool.query<{ key: string[] }>(
      `delete from cornerman.parked_keys where projection = $1 and store = $2 and version = $3
       and to_jsonb(key) in (select jsonb_array_elements($4::jsonb)) and tried_at <= to_timestamp($5::float8 / 1000) returning key`,
      [...this.#of, JSON.stringify(parked), takenAtMs],
    )
    for (const { key } of rows) this.#keys.delete(keyString(key))
  }

  /** Parked keys whose time to be tried again has come, the longest waiting first. */
  async dueKeys(limit: number): Promise<StaleKey[]> {
    const { rows } = await this.#pool.query<{ key: string[]; position: number | null }>(
      `select key, position from cornerman.parked_keys
       where projection = $1 and store = $2 and version = $3 and retry_at <= clock_timestamp() order by retry_at limit $4`,
      [...this.#of, limit],
    )
    return rows.map(({ key, position }) => ({ key, position: position ?? 0 }))
  }

  /** The key that has waited longest since its last try. */
  async oneKey(): Promise<StaleKey | undefined> {
    const { rows } = await this.#pool.query<{ key: string[]; position: number | null }>(
      'select key, position from cornerman.parked_keys where projection = $1 and store = $2 and version = $3 order by tried_at limit 1',
      [...this.#of],
    )
    return rows[0] && { key: rows[0].key, position: rows[0].position ?? 0 }
  }

  async allDue(): Promise<void> {
    await this.#pool.query(
      'update cornerman.parked_keys set retry_at = clock_timestamp() where projection = $1 and store = $2 and version = $3',
      [...this.#of],
    )
  }

  async parkEvents(events: readonly ParkedEvent[]): Promise<number> {
    for (const event of events) {
      await parkEvent(this.#pool, this.#of, event)
      this.#parked++
      this.#events.set(eventName(event), event.position)
    }
    return events.length
  }

  async dueEvents(limit: number): Promise<ParkedEvent[]> {
    const { rows } = await this.#pool.query<ParkedEvent>(
      `select source, position, event_id as "eventId", type, body, code, reason from cornerman.parked_events
       where projection = $1 and store = $2 and version = $3 and retry_at <= clock_timestamp() and type is not null order by retry_at limit $4`,
      [...this.#of, limit],
    )
    return rows
  }

  async releaseEvent({ source, position }: Pick<ParkedEvent, 'source' | 'position'>): Promise<void> {
    await this.#pool.query(
      'delete from cornerman.parked_events where projection = $1 and store = $2 and version = $3 and source = $4 and position = $5',
      [...this.#of, source, position],
    )
    this.#events.delete(eventName({ source, position }))
  }
}

const eventName = ({ source, position }: Pick<ParkedEvent, 'source' | 'position'>) => `${source} ${position}`

async function parkEvent(db: Queryable, of: readonly unknown[], event: ParkedEvent): Promise<void> {
  await db.query(
    `insert into cornerman.parked_events as p (projection, store, version, source, position, event_id, type, body, code, reason, retry_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ${nextRetry('0')})
     on conflict (projection, store, version, source, position) do update set code = excluded.code, reason = excluded.reason,
       attempts = p.attempts + 1, tried_at = clock_timestamp(), retry_at = ${nextRetry('p.attempts')}`,
    [...of, event.source, event.position, event.eventId, event.type, Buffer.from(event.body), event.code, event.reason],
  )
}
