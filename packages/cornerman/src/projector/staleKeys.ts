import type { Queryable } from '../database.ts'
import { type ErrorCode, messageOf } from '../errors.ts'
import type { FeedEvent } from '../feed.ts'
import { type Key, keyBytesMax, keyFault, keyString, isCanonical, type RawKey } from '../key.ts'
import { faultKind } from '../postgresFault.ts'
import type { AnyEvent, EventMapping, Projection } from '../projection.ts'
import { identifier } from '../sql.ts'
import { type CompiledMapping, isQueryMapping } from './compile.ts'

export interface StaleKey {
  readonly key: Key
  /** The highest position of an event that named it. */
  readonly position: number
}

/** Why something could not go its way, as it is kept with what is parked. */
export interface Reason {
  readonly code: ErrorCode
  readonly reason: string
}

/** An event that names more keys than a batch should carry. */
export interface FanOutRequest {
  readonly of: EventMapping
  readonly event: FeedEvent
  readonly arguments: readonly (string | null)[]
}

/** What the events of a batch mean for one version of a projection. */
export interface StaleKeys {
  readonly keys: ReadonlyMap<string, StaleKey>
  /** Keys that cannot be ones, as text. */
  readonly malformed: readonly (StaleKey & Reason)[]
  readonly fanOuts: readonly FanOutRequest[]
  /** Events of which a mapping failed. */
  readonly failed: readonly { event: FeedEvent; fault: Reason }[]
  /** How many events went no further than this; each of the others is in `fannedOut` or in `failed`. */
  readonly events: { irrelevant: number; keyed: number }
  /** The positions of the events that a fan-out has to take care of. */
  readonly fannedOut: readonly number[]
}

export interface Limits {
  /** An event that names more keys than this is worked off in chunks. */
  fanOutFrom: number
  /** A batch that has more keys than this hands further queries over to fan-outs. */
  keysMax: number
}

interface ParsedEvent {
  readonly event: FeedEvent
  readonly payload: AnyEvent
}

/** Asks all mappings of one projection version for the keys that the events make stale. */
export async function staleKeys(
  db: Queryable,
  projection: Projection,
  compiled: ReadonlyMap<EventMapping, CompiledMapping>,
  events: readonly FeedEvent[],
  limits: Limits,
): Promise<StaleKeys> {
  const collector = new Collector(db, projection, limits)
  const queries = new Map<EventMapping, ParsedEvent[]>()
  for (const event of events) {
    const mappings = projection.mappings.get(event.type)
    if (mappings === undefined) continue
    const payload = collector.parse(event)
    if (payload === undefined) continue
    for (const of of mappings) {
      if (!isQueryMapping(of)) collector.callFunction(of, event, payload)
      else if (!queries.get(of)?.push({ event, payload })) queries.set(of, [{ event, payload }])
    }
  }
  for (const [of, each] of queries) await collector.runQuery(compiled.get(of)!, each)
  await collector.canonicalize()
  return collector.result(events)
}

class Collector {
  readonly #keys = new Map<string, StaleKey>()
  readonly #raw: { key: string[]; position: number }[] = []
  readonly #malformed: (StaleKey & Reason)[] = []
  readonly #fanOuts: FanOutRequest[] = []
  readonly #failed = new Map<FeedEvent, Reason>()
  readonly #db: Queryable
  readonly #projection: Projection
  readonly #limits: Limits

  constructor(db: Queryable, projection: Projection, limits: Limits) {
    this.#db = db
    this.#projection = projection
    this.#limits = limits
  }

  parse(event: FeedEvent): AnyEvent | undefined {
    try {
      const payload: unknown = JSON.parse(event.payload)
      if (typeof payload === 'object' && payload !== null && !Array.isArray(payload))
        return Object.assign(payload, { type: event.type })
      this.#fail(event, `the payload is not an object: ${event.payload.slice(0, 100)}`)
    } catch (error) {
      this.#fail(event, `the payload is not JSON: ${messageOf(error)}`)
    }
    return undefined
  }

  callFunction(of: EventMapping, event: FeedEvent, payload: AnyEvent): void {
    try {
      const keys = (of.mapping as (event: AnyEvent) => readonly RawKey[])(payload)
      if (!Array.isArray(keys))
        throw new TypeError(`the mapping returned ${JSON.stringify(keys)}, not an array of keys`)
      for (const key of keys) this.#take(key, event.position)
    } catch (error) {
      this.#fail(event, `the mapping of ${of.eventType} failed: ${messageOf(error)}`)
    }
  }

  async runQuery(compiled: CompiledMapping, each: readonly ParsedEvent[]): Promise<void> {
    const asked: { event: FeedEvent; values: (string | null)[] }[] = []
    for (const { event, payload } of each) {
      try {
        asked.push({ event, values: compiled.argumentsOf(payload) })
      } catch (error) {
        this.#fail(event, `the mapping of ${compiled.of.eventType} failed: ${messageOf(error)}`)
      }
    }
    // A query without arguments says the same for every event of the batch.
    const distinct = asked.length > 0 && asked[0]!.values.length === 0 ? asked.slice(-1) : asked
    for (let from = 0; from < distinct.length; from += 500) await this.#ask(compiled, distinct.slice(from, from + 500))
  }

  async #ask(
    compiled: CompiledMapping,
    asked: readonly { event: FeedEvent; values: (string | null)[] }[],
  ): Promise<void> {
    if (this.#keys.size >= this.#limits.keysMax) {
      this.#fanOuts.push(...asked.map(({ event, values }) => ({ of: compiled.of, event, arguments: values })))
      return
    }
    let rows: { place: number; key: string[] }[]
    try {
      const columns = (asked[0]?.values ?? []).map((_, i) => asked.map(({ values }) => values[i]))
      rows = (
        await this.#db.query<{ place: number; key: string[] }>(compiled.forEvents, [
          ...columns,
          this.#limits.fanOutFrom + 1,
        ])
      ).rows
    } catch (error) {
      if (faultKind(error) !== 'data') throw error
      if (asked.length > 1) for (const one of asked) await this.#ask(compiled, [one])
      else this.#fail(asked[0]!.event, `the mapping of ${compiled.of.eventType} failed: ${messageOf(error)}`)
      return
    }
    const found = Map.groupBy(rows, (row) => row.place)
    asked.forEach(({ event, values }, i) => {
      const keys = found.get(i + 1) ?? []
      if (keys.length > this.#limits.fanOutFrom) this.#fanOuts.push({ of: compiled.of, event, arguments: values })
      else for (const { key } of keys) this.#take(key, event.position)
    })
  }

  #take(raw: RawKey, position: number): void {
    const fault = keyFault(this.#projection.key, raw)
    const parts = Array.isArray(raw)
      ? raw.map((part) => (part === null || part === undefined ? '' : String(part)))
      : [String(raw)]
    if (fault !== undefined) this.#malform(parts, position, fault)
    else if (this.#projection.keyColumns.every((name, i) => isCanonical(this.#projection.key[name]!, parts[i]!)))
      this.#add(parts, position)
    else this.#raw.push({ key: parts, position })
  }

  #add(key: Key, position: number): void {
    const name = keyString(key)
    const known = this.#keys.get(name)
    if (known === undefined || known.position < position) this.#keys.set(name, { key, position })
  }

  #malform(key: readonly string[], position: number, reason: string): void {
    const short = key.map((part) => part.replaceAll('\0', '\u2400').slice(0, keyBytesMax))
    this.#malformed.push({ key: short, position, code: 'KEY_MALFORMED', reason })
  }

  #fail(event: FeedEvent, reason: string): void {
    this.#failed.set(event, { code: 'MAPPING_FAILED', reason })
  }

  /** Brings keys into the form in which PostgreSQL prints them; one that is no value of its type stays alone. */
  async canonicalize(raw = this.#raw): Promise<void> {
    if (raw.length === 0) return
    const { key, keyColumns } = this.#projection
    const arrays = keyColumns.map((name, i) => `$${i + 1}::text[]::${key[name]}[]`)
    const parts = keyColumns.map((name) => `u.${identifier(name)}::text`)
    try {
      const { rows } = await this.#db.query<{ key: string[] }>(
        `select array[${parts.join(', ')}] as key from unnest(${arrays.join(', ')}) with ordinality as u(${[...keyColumns.map(identifier), 'place'].join(', ')}) order by place`,
        keyColumns.map((_, i) => raw.map((each) => each.key[i])),
      )
      rows.forEach((row, i) => this.#add(row.key, raw[i]!.position))
    } catch (error) {
      if (faultKind(error) !== 'data') throw error
      if (raw.length > 1) for (const one of raw) await this.canonicalize([one])
      else this.#malform(raw[0]!.key, raw[0]!.position, messageOf(error))
    }
  }

  result(events: readonly FeedEvent[]): StaleKeys {
    const requested = new Set(this.#fanOuts.map(({ event }) => event))
    const counts = { irrelevant: 0, keyed: 0 }
    const fannedOut: number[] = []
    for (const event of events) {
      if (!this.#projection.mappings.has(event.type)) counts.irrelevant++
      else if (this.#failed.has(event)) continue
      else if (requested.has(event)) fannedOut.push(event.position)
      else counts.keyed++
    }
    const failed = [...this.#failed].map(([event, fault]) => ({ event, fault }))
    return { keys: this.#keys, malformed: this.#malformed, fanOuts: this.#fanOuts, failed, events: counts, fannedOut }
  }
}
