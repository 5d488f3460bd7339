import type { Pool } from '../database.ts'
import { isLockTimeout } from '../postgresFault.ts'

/** Makes partitions far ahead. A lock that cannot be had at once is tried for again at the next call: there is time. */
export async function extendOutbox(pool: Pool): Promise<void> {
  try {
    await pool.query('select cornerman.extend_outbox()')
  } catch (error) {
    if (!isLockTimeout(error)) throw error
  }
}

export interface PruneOptions {
  /** Rows younger than this stay, in milliseconds. */
  retentionMs: number
  /** Also drops what a reader has not read; that reader is LOST, and refreshes all keys from the primary. */
  force: boolean
}

/**
 * Partitions whose newest row is older than the retention and which every reader has passed: cursor, row at the cursor, gaps.
 * The partition in which the newest row lies is never among them.
 */
const droppable = `
select p.name
from cornerman.outbox_partitions p
where p.emptied_at is null
  and exists (select 1 from cornerman.outbox o where o.position >= p.to_position)
  and ($2 or not exists (
    select 1 from cornerman.checkpoints c
    where c.position < p.to_position
      or exists (select 1 from jsonb_array_elements(c.new_gaps || c.old_gaps) as gap where (gap ->> 0)::bigint < p.to_position)))
  and coalesce((select o.recorded_at from cornerman.outbox o where o.position < p.to_position order by o.position desc limit 1), '-infinity')
    < clock_timestamp() - $1 * interval '1 millisecond'
order by p.from_position`

/** Empties and drops the partitions that may go; returns their names. What cannot be locked at once goes next time. */
export async function pruneOutbox(pool: Pool, { retentionMs, force }: PruneOptions): Promise<string[]> {
  const { rows } = await pool.query<PartitionName>(droppable, [retentionMs, force])
  const emptied: string[] = []
  for (const { name } of rows) {
    const outcome = await empty(pool, name)
    if (outcome === 'locked') break
    if (outcome === 'emptied') emptied.push(name)
  }
  const left = await pool.query<PartitionName>(
    'select name from cornerman.outbox_partitions where emptied_at is not null order by from_position',
  )
  for (const { name } of left.rows) await pool.query('select cornerman.drop_outbox_partition($1)', [name])
  return emptied
}

interface PartitionName {
  name: string
}

/** `other`: another process has emptied it, or is about to. */
async function empty(pool: Pool, name: string): Promise<'emptied' | 'locked' | 'other'> {
  try {
    const { rows } = await pool.query<{ emptied: boolean }>('select cornerman.empty_outbox_partition($1) as emptied', [
      name,
    ])
    return rows[0]!.emptied ? 'emptied' : 'other'
  } catch (error) {
    if (isLockTimeout(error)) return 'locked'
    throw error
  }
}
