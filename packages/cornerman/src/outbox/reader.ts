import { monotonicMs } from '../backoff.ts'
import type { Connection } from '../database.ts'
import { CornermanError } from '../errors.ts'
import { isStatementTimeout } from '../postgresFault.ts'
import { afterLook, afterPage, type Gaps, lowestGap, rangesOf, withBound, worthALook } from './gaps.ts'
import type { Range } from './ranges.ts'
import { parseSnapshot, type Snapshot } from './snapshot.ts'

export interface OutboxRow {
  readonly position: number
  readonly id: string
  readonly aggregateType: string
  readonly aggregateId: string
  readonly type: string
  /** JSON text, as PostgreSQL prints it; empty when the type is none that was asked for. */
  readonly payload: string
  /** JSON text. */
  readonly headers: string
  /** PostgreSQL's clock at the append, in milliseconds since 1970. */
  readonly recordedAtMs: number
}

/** How far a reader has come. Position and row id together: the same position with another id is another history. */
export interface Cursor {
  readonly position: number
  readonly rowId: string | null
  readonly gaps: Gaps
}

export interface Page {
  /** Ascending by position: rows above the cursor, and rows that appeared in its gaps. */
  readonly rows: readonly OutboxRow[]
  readonly cursor: Cursor
  /** Everything committed before this instant (PostgreSQL's clock) has been read. */
  readonly atMs: number
  /** Whether nothing more was there to read. */
  readonly reachedEnd: boolean
}

const rowColumns = (types: string) =>
  `position, id, aggregatetype, aggregateid, type, case when ${types}::text[] is null or type = any(${types}) then payload::text else '' end,
  headers::text, (extract(epoch from recorded_at) * 1000)::float8`

/**
 * What every answer begins with, in one snapshot with its rows. The instant is that of the transaction, which is the statement
 * alone: it comes before the snapshot. `statement_timestamp()` would not do, a prepared statement sets it once more after that.
 */
const facts = `(select pg_current_snapshot()::text, (extract(epoch from transaction_timestamp()) * 1000)::float8, floor from cornerman.outbox_state)
  as fact(snapshot, at, floor)`

const pageStatement = {
  name: 'cornerman_outbox_page',
  rowMode: 'array' as const,
  text: `
select fact.*, o.*
from ${facts}
left join lateral (
  select ${rowColumns('$3')} from cornerman.outbox where position > $1 order by position limit $2
) as o on true`,
}

const lookStatement = {
  name: 'cornerman_outbox_look',
  rowMode: 'array' as const,
  text: `
select fact.*, o.*
from ${facts}
left join lateral (
  select r.* from unnest($1::bigint[], $2::bigint[]) as gap(low, high)
  cross join lateral (
    select ${rowColumns('$4')} from cornerman.outbox where position between gap.low and gap.high limit $3
  ) as r
  limit $3
) as o on true`,
}

const oldestUnreadStatement = `
select (extract(epoch from transaction_timestamp()) * 1000)::float8 as at, (extract(epoch from least(
  (select min(recorded_at) from cornerman.outbox where position > $1),
  (select min(r.oldest) from unnest($2::bigint[], $3::bigint[]) as gap(low, high)
   cross join lateral (select min(recorded_at) as oldest from cornerman.outbox where position between gap.low and gap.high) as r)
)) * 1000)::float8 as oldest`

type RawOutboxRow = [
  position: number,
  id: string,
  aggregateType: string,
  aggregateId: string,
  type: string,
  payload: string,
  headers: string,
  recordedAtMs: number,
]
type RawRow = [snapshot: string, atMs: number, floor: number, ...(RawOutboxRow | null[])]

export interface ReaderOptions {
  /** How long a gap may stay open before it gets a bound, in milliseconds; each bound costs a transaction id. Defaults to 1 000. */
  patienceMs?: number
  /** The types whose payload is wanted, `null` for all. */
  types?: readonly string[] | null
}

/**
 * Reads the outbox from a cursor on, and never skips a row: see `gaps.ts`. It has two users, the relay and the feed without
 * Kafka. A fault of the connection leaves it unusable; a new reader goes on from the last cursor that was kept.
 */
export class OutboxReader {
  readonly #connection: Connection
  #cursor: Cursor
  #freshSince: number | undefined
  #atMs = 0
  #nextOldestUnreadAt = 0

  readonly #patienceMs: number
  readonly #types: readonly string[] | null

  constructor(connection: Connection, cursor: Cursor, { patienceMs = 1_000, types = null }: ReaderOptions = {}) {
    this.#connection = connection
    this.#cursor = cursor
    this.#patienceMs = patienceMs
    this.#types = types
  }

  /**
   * The next rows, at most `limit`: those above the cursor and those that have appeared in its gaps; does not wait for any to
   * come. The reader moves on only if all of it succeeds.
   */
  async read(limit: number): Promise<Page> {
    const page = await this.#rows(pageStatement, [this.#cursor.position, limit, this.#types])
    const look = await this.#look(page.snapshot, limit)
    // What is above the limit together with the rows from the gaps is read again.
    const rows = page.rows.slice(0, limit - look.rows.length)
    const last = rows.at(-1)
    const positions = rows.map((row) => row.position)
    const cursor: Cursor = {
      position: last?.position ?? this.#cursor.position,
      rowId: last?.id ?? this.#cursor.rowId,
      gaps: await this.#bound(afterPage(look.gaps, this.#cursor.position, positions)),
    }
    const reachedEnd = page.rows.length < limit && rows.length === page.rows.length && look.complete
    this.#atMs = reachedEnd ? page.atMs : Math.max(this.#atMs, await this.#oldestUnread(cursor))
    this.#cursor = cursor
    const ascending = look.rows.length === 0 ? rows : [...look.rows, ...rows].sort((a, b) => a.position - b.position)
    return { rows: ascending, cursor, atMs: this.#atMs, reachedEnd }
  }

  /** Looks for rows in the fresh gaps, and in the bounded ones of which a transaction has ended. */
  async #look(now: Snapshot, limit: number): Promise<{ gaps: Gaps; rows: OutboxRow[]; complete: boolean }> {
    const { gaps } = this.#cursor
    const groups = worthALook(gaps, now)
    if (gaps.fresh.length === 0 && groups.length === 0) return { gaps, rows: [], complete: true }
    const ranges = [...gaps.fresh, ...groups.flatMap((group) => group.ranges)]
    const { rows, snapshot } = await this.#rows(lookStatement, [...bounds(ranges), limit, this.#types])
    const complete = rows.length < limit
    const found = rows.map((row) => row.position).sort((a, b) => a - b)
    return { gaps: afterLook(gaps, { groups, found, snapshot, complete }), rows, complete }
  }

  /** Gives gaps that have been open for a while their bound: this session's own transaction id, taken after they were seen. */
  async #bound(gaps: Gaps): Promise<Gaps> {
    if (gaps.fresh.length === 0) this.#freshSince = undefined
    else this.#freshSince ??= monotonicMs()
    if (this.#freshSince === undefined || monotonicMs() - this.#freshSince < this.#patienceMs) return gaps
    this.#freshSince = undefined
    const { rows } = await this.#connection.query('select pg_current_xact_id()::text as id')
    return withBound(gaps, BigInt(rows[0]!['id']))
  }

  /**
   * The smallest `recorded_at` of what is still to be read, or the instant of the asking: everything committed before it has
   * been read, and stays so. The answer takes a pass over the backlog, so it is asked for a twentieth of the time at most; and
   * a backlog too large to be passed over in the time of a statement is no reason not to read it.
   */
  async #oldestUnread({ position, gaps }: Cursor): Promise<number> {
    const startedAt = monotonicMs()
    if (startedAt < this.#nextOldestUnreadAt) return 0
    try {
      const { rows } = await this.#connection.query<{ at: number; oldest: number | null }>(oldestUnreadStatement, [
        position,
        ...bounds(rangesOf(gaps)),
      ])
      return Math.min(rows[0]!.at, rows[0]!.oldest ?? Number.POSITIVE_INFINITY)
    } catch (error) {
      if (!isStatementTimeout(error)) throw error
      return 0
    } finally {
      const endedAt = monotonicMs()
      this.#nextOldestUnreadAt = endedAt + Math.max(500, 20 * (endedAt - startedAt))
    }
  }

  /** One statement's answer. Also a gap may lie below what was dropped by force since the last statement. */
  async #rows(statement: typeof pageStatement, values: unknown[]) {
    const result = await this.#connection.query<RawRow>({ ...statement, values })
    const [snapshot, atMs, floor] = result.rows[0]!
    refuseDropped(this.#cursor, floor)
    return { snapshot: parseSnapshot(snapshot), atMs, rows: result.rows.filter(hasRow).map(outboxRowOf) }
  }
}

function refuseDropped({ position, gaps }: Cursor, floor: number): void {
  const lowest = lowestGap(gaps) ?? position + 1
  if (lowest >= floor) return
  const message = `outbox rows from position ${lowest} on were dropped (up to ${floor - 1}) before this reader had read them`
  throw new CornermanError('OUTBOX_LOST', message, {
    hint: 'all keys are refreshed from the primary now; keep the outbox longer than the longest outage',
  })
}

const bounds = (ranges: readonly Range[]): [number[], number[]] => [ranges.map((r) => r.from), ranges.map((r) => r.to)]

const hasRow = (row: RawRow): row is [string, number, number, ...RawOutboxRow] => row[3] !== null

function outboxRowOf(row: [string, number, number, ...RawOutboxRow]): OutboxRow {
  const [, , , position, id, aggregateType, aggregateId, type, payload, headers, recordedAtMs] = row
  return { position, id, aggregateType, aggregateId, type, payload, headers, recordedAtMs }
}
