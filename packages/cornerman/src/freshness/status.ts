import type { Queryable } from '../database.ts'
import { messageOf } from '../errors.ts'
import { type Generation, readGenerations } from '../generations/catalog.ts'
import type { PlacedProjection } from '../config.ts'
import type { ReadStore } from '../readStore.ts'
import { type FreshnessState, stateOf } from './state.ts'
import type { StoredWatermark } from './watermark.ts'

/** What is known of one version of a projection in its store, as `cornerman status` shows it. */
export interface ProjectionStatus {
  readonly projection: string
  readonly version: number
  readonly store: string
  readonly state: FreshnessState | 'BUILDING'
  /** By PostgreSQL's clock, from the watermark as readers get it; null when that cannot be read. Milliseconds. */
  readonly stalenessMs: number | null
  readonly slaMs: number
  /** The outbox position up to which the live generation goes; null when nothing is live. */
  readonly position: number | null
  /** How many positions the outbox is ahead. */
  readonly behind: number | null
  readonly generations: readonly Pick<Generation, 'number' | 'state' | 'switching' | 'broken'>[]
  /** The process that is active; null when there is none. */
  readonly active: { readonly holder: string; readonly renewedMsAgo: number } | null
  /** What the projector waits for; null when it moves. */
  readonly trouble: { readonly reason: string; readonly since: string; readonly hint?: string | null } | null
  readonly lost: string | null
  readonly parkedKeys: number
  readonly parkedEvents: number
  /** Some of what is parked, the oldest first. */
  readonly parked: readonly ParkedLine[]
  /** Refreshes and fan-outs that are under way. */
  readonly fanOuts: readonly { readonly reason: string; readonly doneKeys: number }[]
  /** Positions below the cursor that nobody can see yet, and the transactions that may hold them. */
  readonly openPositions: number
  /** Why the store could not be asked; null when it answered. */
  readonly storeFault: string | null
}

export interface ParkedLine {
  readonly what: 'key' | 'event'
  readonly name: string
  readonly code: string
  readonly reason: string
  readonly attempts: number
  readonly parkedAt: string
}

export interface OutboxStatus {
  readonly end: number
  readonly rowsAbout: number
  readonly bytes: number
  /** The oldest transaction that is open now: what holds back gaps. */
  readonly oldestTransaction: { readonly pid: number; readonly ageMs: number; readonly application: string } | null
}

const shown = 5

interface BooksRow {
  now: number
  end: number
  holder: string | null
  renewed_ms_ago: number | null
  trouble: { reason: string; since: string; hint?: string | null } | null
  lost: string | null
  open_positions: number | null
  parked_keys: number
  parked_events: number
  fan_outs: { reason: string; doneKeys: number }[]
  parked: ParkedLine[]
}

const booksStatement = `
select (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
  (select coalesce(max(position), 0) from cornerman.outbox) as end,
  l.holder, (extract(epoch from clock_timestamp() - l.renewed_at) * 1000)::float8 as renewed_ms_ago,
  c.trouble, c.lost,
  (select sum((gap ->> 1)::bigint - (gap ->> 0)::bigint + 1)::float8 from jsonb_array_elements(c.new_gaps || c.old_gaps) as gap) as open_positions,
  (select count(*)::int from cornerman.parked_keys where projection = $1 and store = $2 and version = $3) as parked_keys,
  (select count(*)::int from cornerman.parked_events where projection = $1 and store = $2 and version = $3) as parked_events,
  (select coalesce(json_agg(json_build_object('reason', reason, 'doneKeys', done_keys) order by id), '[]')
   from cornerman.fanouts where projection = $1 and store = $2 and version = $3) as fan_outs,
  (select coalesce(json_agg(p), '[]') from (
     (select 'key' as what, array_to_string(key, ', ') as name, code, reason, attempts, parked_at as "parkedAt"
      from cornerman.parked_keys where projection = $1 and store = $2 and version = $3 order by parked_at limit ${shown})
     union all
     (select 'event', coalesce(type, '?') || ' at ' || source || ' ' || position, code, reason, attempts, parked_at
      from cornerman.parked_events where projection = $1 and store = $2 and version = $3 order by parked_at limit ${shown})
   ) as p) as parked
from (select 1) as one
left join cornerman.leases l on l.name = 'projector/' || $1::text || '/' || $2::text and l.token is not null
left join cornerman.checkpoints c on c.projection = $1 and c.store = $2`

/** Reads the state of one projection version: the books on the primary, and the watermark back from the store. */
export async function readStatus(
  primary: Queryable,
  { projection, declaration }: PlacedProjection,
  connectStore: () => Promise<ReadStore>,
): Promise<ProjectionStatus> {
  const store = declaration.adapter.kind
  const generations = (await readGenerations(primary, projection.name, store)).filter(
    (each) => each.version === projection.version,
  )
  const live = generations.find((each) => each.state === 'live')
  const { watermarks, storeFault } = await readBack(connectStore, projection.name, live)
  const books = (await primary.query<BooksRow>(booksStatement, [projection.name, store, projection.version])).rows[0]!
  const at = watermarks.length === 0 ? null : Math.min(...watermarks.map((each) => each.atMs))
  const position = watermarks.length === 0 ? null : Math.min(...watermarks.map((each) => each.position))
  const stalenessMs = at === null ? null : Math.max(0, books.now - at)
  const isBuilding = live === undefined && generations.some((each) => each.state === 'building')
  return {
    projection: projection.name,
    version: projection.version,
    store,
    state: isBuilding
      ? 'BUILDING'
      : books.lost !== null
        ? 'LOST'
        : stateOf(
            watermarks.map((each) => ({
              ...each,
              parkedKeys: books.parked_keys + books.parked_events,
              slaMs: projection.slaMs,
            })),
            stalenessMs,
          ),
    stalenessMs,
    slaMs: projection.slaMs,
    position,
    behind: position === null ? null : Math.max(0, books.end - position),
    generations: generations.map(({ number, state, switching, broken }) => ({ number, state, switching, broken })),
    active: books.holder === null ? null : { holder: books.holder, renewedMsAgo: books.renewed_ms_ago ?? 0 },
    trouble: books.trouble,
    lost: books.lost,
    parkedKeys: books.parked_keys,
    parkedEvents: books.parked_events,
    parked: books.parked,
    fanOuts: books.fan_outs,
    openPositions: books.open_positions ?? 0,
    storeFault,
  }
}

/** What could not be read is unknown, and never fresh. */
async function readBack(
  connectStore: () => Promise<ReadStore>,
  projection: string,
  live: Generation | undefined,
): Promise<{ watermarks: StoredWatermark[]; storeFault: string | null }> {
  try {
    const store = await connectStore()
    const watermarks =
      live === undefined ? [] : await store.readWatermarks({ projection, version: live.version, number: live.number })
    return { watermarks, storeFault: null }
  } catch (error) {
    return { watermarks: [], storeFault: messageOf(error) }
  }
}

export async function readOutboxStatus(primary: Queryable): Promise<OutboxStatus> {
  const { rows } = await primary.query<OutboxStatus>(`
    select (select coalesce(max(position), 0) from cornerman.outbox) as end,
      coalesce(sum(greatest(c.reltuples, 0)), 0)::float8 as "rowsAbout", coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes,
      (select json_build_object('pid', pid, 'ageMs', round(extract(epoch from clock_timestamp() - xact_start) * 1000), 'application', application_name)
       from pg_stat_activity where backend_xid is not null and xact_start < clock_timestamp() - interval '1 second'
       order by xact_start limit 1) as "oldestTransaction"
    from cornerman.outbox_partitions p left join pg_class c on c.oid = to_regclass('cornerman.' || p.name)`)
  return rows[0]!
}
