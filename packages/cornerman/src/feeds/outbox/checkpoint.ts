import type { Queryable } from '../../database.ts'
import type { CheckpointNote } from '../../feed.ts'
import { holdsLease, type Lease, leaseLost } from '../../lease.ts'
import { loadGaps, storeGaps, type StoredGaps } from '../../outbox/gaps.ts'
import type { Cursor } from '../../outbox/reader.ts'

interface CursorRow {
  position: number
  row_id: string | null
  new_gaps: StoredGaps['fresh']
  old_gaps: StoredGaps['bounded']
}

/** The cursor of the last checkpoint; a projection that is new begins where the outbox begins. */
export async function loadCursor(db: Queryable, projection: string, store: string): Promise<Cursor> {
  await db.query(
    `insert into cornerman.checkpoints (projection, store, position) select $1, $2, floor - 1 from cornerman.outbox_state
     on conflict do nothing`,
    [projection, store],
  )
  const { rows } = await db.query<CursorRow>(
    'select position, row_id, new_gaps, old_gaps from cornerman.checkpoints where projection = $1 and store = $2',
    [projection, store],
  )
  const row = rows[0]!
  return { position: row.position, rowId: row.row_id, gaps: loadGaps({ fresh: row.new_gaps, bounded: row.old_gaps }) }
}

export interface Checkpoint {
  projection: string
  store: string
  lease: Lease
  cursor: Cursor
  atMs: number
  note: CheckpointNote
  /** Whether the gaps that have a bound are as the last checkpoint left them: thousands may wait for one long transaction. */
  sameBoundedGaps: boolean
}

/** Keeps the cursor, if the lease is still held. */
export async function saveCursor(
  db: Queryable,
  { projection, store, lease, cursor, atMs, note, sameBoundedGaps }: Checkpoint,
): Promise<void> {
  const gaps = storeGaps(cursor.gaps)
  const { rowCount } = await db.query(
    `update cornerman.checkpoints set position = $5, row_id = $6, new_gaps = $7, old_gaps = coalesce($8::jsonb, old_gaps),
       at = to_timestamp($9::float8 / 1000), watermarks = $10, content_position = $11, trouble = null, updated_at = clock_timestamp()
     where projection = $1 and store = $2 and ${holdsLease('$3', '$4')}`,
    [
      projection,
      store,
      lease.name,
      lease.token,
      cursor.position,
      cursor.rowId,
      JSON.stringify(gaps.fresh),
      sameBoundedGaps ? null : JSON.stringify(gaps.bounded),
      atMs,
      note.watermarks,
      note.contentPosition,
    ],
  )
  if (rowCount !== 1) throw leaseLost(lease.name)
}
