import type { Pool, Queryable } from '../database.ts'
import { CornermanError } from '../errors.ts'
import type { Generation } from '../generations/catalog.ts'
import type { GenerationRef, ReadStore, WriteOutcome } from '../readStore.ts'
import type { AttemptMaker } from './attempt.ts'

/**
 * Restore awareness. A primary that was restored from a backup, or failed over without its tail, goes on from an older
 * state: it hands out versions and positions a second time, for other changes. The stores have seen the lost ones. Signs:
 * a stored version above the one just taken; a watermark above the end of the outbox; a watermark or cursor whose row has
 * another id. Then versions and positions are lifted above all that was seen, and all keys are refreshed first. A cursor whose
 * own row is foreign was restored apart from the outbox: nothing that it says it has read is certain, so it begins anew.
 */
export interface HistoryCheck {
  readonly pool: Pool
  readonly store: ReadStore
  readonly projection: string
  readonly generations: readonly Generation[]
  readonly maker: AttemptMaker
}

export interface OtherHistory {
  readonly reason: string
  readonly isCursorForeign: boolean
}

/** Compares what the store has seen with the primary, at the start of every session: a restore ends all connections. */
export async function otherHistory(check: HistoryCheck): Promise<OtherHistory | undefined> {
  const { pool, store, projection, generations } = check
  // What was stored before this call bears a version below the one that is taken after it.
  const refs = generations.map(({ version, number }): GenerationRef => ({ projection, version, number }))
  const versions = await Promise.all(refs.map((ref) => store.versionMax(ref)))
  const watermarks = (await Promise.all(refs.map((ref) => store.readWatermarks(ref)))).flat()
  const [cursor] = (
    await pool.query<{ position: number; row_id: string | null }>(
      'select position, row_id from cornerman.checkpoints where projection = $1 and store = $2',
      [projection, store.kind],
    )
  ).rows
  const seenVersion = Math.max(0, ...versions)
  const seenPosition = Math.max(0, cursor?.position ?? 0, ...watermarks.map((each) => each.position))
  const taken = await check.maker.version()
  const foreignCursor = await foreignRows(pool, cursor ? [{ position: cursor.position, rowId: cursor.row_id }] : [])
  const reasons = new Set([
    ...(seenVersion > taken ? [`the store has version ${seenVersion}, the primary has only come to ${taken}`] : []),
    ...foreignCursor,
    ...(await foreignRows(pool, watermarks)),
  ])
  if (reasons.size === 0) return undefined
  await pool.query('select cornerman.lift($1, $2)', [seenVersion, seenPosition])
  return {
    reason: `the primary has another history than the read model (a restore, or a fail-over that lost its tail): ${[...reasons].join('; ')}`,
    isCursorForeign: foreignCursor.length > 0,
  }
}

/** The marks whose outbox row is not there, or is another one. Rows that retention has dropped prove nothing. */
async function foreignRows(
  pool: Pool,
  marks: readonly { position: number; rowId: string | null }[],
): Promise<string[]> {
  const known = marks.filter((mark) => mark.rowId !== null)
  const { rows } = await pool.query<{ position: number; found: string | null }>(
    `select mark.position, o.id as found
     from jsonb_to_recordset($1::jsonb) as mark(position bigint, "rowId" uuid)
     cross join cornerman.outbox_state as state
     left join cornerman.outbox as o on o.position = mark.position
     where mark.position >= state.floor and o.id is distinct from mark."rowId"`,
    [JSON.stringify(known.map(({ position, rowId }) => ({ position, rowId })))],
  )
  return rows.map(
    ({ position, found }) => `the outbox has ${found === null ? 'no row' : 'another row'} at position ${position}`,
  )
}

/** A write was fenced by a version that the primary has never handed out: history changed while the connection stood. */
export async function refuseUnknownVersions(db: Queryable, outcomes: readonly WriteOutcome[]): Promise<void> {
  const stored = Math.max(0, ...outcomes.map((each) => (each.outcome === 'fenced' ? each.storedVersion : 0)))
  if (stored === 0) return
  const { rows } = await db.query<{ last: number }>('select last_value as last from cornerman.version')
  if (stored <= rows[0]!.last) return
  throw new CornermanError(
    'HISTORY_CHANGED',
    `the store has version ${stored}, the primary has only come to ${rows[0]!.last}`,
    {
      hint: 'nothing is to be done: versions are lifted and all keys are refreshed from the primary',
    },
  )
}
