import type { Queryable } from '../database.ts'
import { requestRefresh } from './fanOut.ts'

/** What the checkpoint of a projection in a store notes beside its cursor. */
export interface Notes {
  readonly watermarks: Readonly<Record<string, number>>
  readonly lost: string | null
}

interface Of {
  readonly projection: string
  readonly store: string
}

export async function readNotes(db: Queryable, { projection, store }: Of): Promise<Notes> {
  const { rows } = await db.query<Notes>(
    'select watermarks, lost from cornerman.checkpoints where projection = $1 and store = $2',
    [projection, store],
  )
  return rows[0]!
}

/** The read model cannot be trusted: says so, and asks for all keys to be refreshed, both ways. */
export async function noteLost(db: Queryable, of: Of, versions: readonly number[], reason: string): Promise<void> {
  await db.query('update cornerman.checkpoints set lost = $3 where projection = $1 and store = $2', [
    of.projection,
    of.store,
    reason,
  ])
  // What was under way began before the loss.
  await db.query(`delete from cornerman.fanouts where projection = $1 and store = $2 and kind = 'all'`, [
    of.projection,
    of.store,
  ])
  await requestRefresh(db, { ...of, versions }, { reason })
}

export async function noteTrusted(db: Queryable, { projection, store }: Of): Promise<void> {
  await db.query('update cornerman.checkpoints set lost = null where projection = $1 and store = $2', [
    projection,
    store,
  ])
}

/** Reads the outbox from its beginning again: what was read before is harmless. */
export async function rewind(db: Queryable, { projection, store }: Of): Promise<void> {
  await db.query(
    `update cornerman.checkpoints set position = (select floor - 1 from cornerman.outbox_state), row_id = null, new_gaps = '[]', old_gaps = '[]', watermarks = '{}'
     where projection = $1 and store = $2`,
    [projection, store],
  )
}
