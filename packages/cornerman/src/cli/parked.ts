import type { Queryable } from '../database.ts'
import { type Key, keyString, keyText } from '../key.ts'
import { jsonArray } from './keys.ts'

/** A parked key or event, as commands name it. */
export interface Parked {
  readonly what: 'key' | 'event'
  /** As `cornerman status` shows it. */
  readonly name: string
  readonly code: string
  readonly reason: string
  /** One per store and version. */
  readonly id: string
  readonly attempts: number
  /** Whether this is what somebody means who types `text`. */
  isNamed(text: string): boolean
  isKey(key: Key): boolean
}

interface Row {
  what: 'key' | 'event'
  /** Where its row is: schema.table and ctid change, this does not. */
  id: string
  key: string[] | null
  name: string | null
  code: string
  reason: string
  attempts: number
}

const rowsStatement = `
select 'key' as what, jsonb_build_array(store, version, key)::text as id, key, null as name, code, reason, attempts, parked_at
from cornerman.parked_keys where projection = $1
union all
select 'event', jsonb_build_array(store, version, source, position)::text, null, coalesce(type, '?') || ' at ' || source || ' ' || position, code, reason, attempts, parked_at
from cornerman.parked_events where projection = $1
order by parked_at, id`

/** What is parked of a projection, in all its versions, the oldest first. */
export async function readParked(db: Queryable, projection: string): Promise<Parked[]> {
  const { rows } = await db.query<Row>(rowsStatement, [projection])
  return rows.map(({ what, id, key, name, code, reason, attempts }) => {
    const shown = key === null ? name! : keyText(key)
    return {
      what,
      name: shown,
      code,
      reason,
      id,
      attempts,
      isNamed: (text) => (key === null ? text === shown : namesKey(key, text)),
      isKey: (other) => key !== null && keyString(key) === keyString(other),
    }
  })
}

/** With or without spaces after the commas, or as a JSON array. What is parked need not be a key at all. */
function namesKey(key: Key, text: string): boolean {
  if ([keyText(key), key.join(',')].includes(text.trim())) return true
  return jsonArray(text)?.map(String).join('\0') === key.join('\0')
}

const idOf: Record<Parked['what'], { table: string; id: string }> = {
  key: { table: 'cornerman.parked_keys', id: 'jsonb_build_array(store, version, key)::text' },
  event: { table: 'cornerman.parked_events', id: 'jsonb_build_array(store, version, source, position)::text' },
}

/** Makes them due now. */
export const makeDue = (db: Queryable, projection: string, parked: readonly Parked[]): Promise<void> =>
  onEach(db, projection, parked, (table) => `update ${table} set retry_at = clock_timestamp()`)

/** Forgets them. */
export const discard = (db: Queryable, projection: string, parked: readonly Parked[]): Promise<void> =>
  onEach(db, projection, parked, (table) => `delete from ${table}`)

async function onEach(
  db: Queryable,
  projection: string,
  parked: readonly Parked[],
  statement: (table: string) => string,
): Promise<void> {
  for (const [what, ids] of Map.groupBy(parked, (each) => each.what)) {
    const { table, id } = idOf[what]
    await db.query(`${statement(table)} where projection = $1 and ${id} = any($2)`, [
      projection,
      ids.map((each) => each.id),
    ])
  }
}
