import { backoff, monotonicMs, pause } from '../../backoff.ts'
import { inTransaction, type Pool } from '../../database.ts'
import { isLockTimeout } from '../../postgresFault.ts'
import type { PromoteOutcome } from '../../readStore.ts'
import { columnList, identifier } from '../../sql.ts'
import { type Layout, viewColumns } from './generation.ts'
import { liveViewOf } from './names.ts'

export async function liveGeneration(pool: Pool, projection: string, version: number): Promise<number | null> {
  const { rows } = await pool.query<{ number: number }>(
    'select number from cornerman.store_live where projection = $1 and version = $2',
    [projection, version],
  )
  return rows[0]?.number ?? null
}

const patienceMs = 30_000

/** Replaces the live view in one transaction. It waits for readers' locks in short tries, so that no reader queues behind it. */
export async function promoteTable(pool: Pool, layout: Layout, from: number | null): Promise<PromoteOutcome> {
  const waits = backoff({ firstMs: 20, maxMs: 500 })
  const startedAt = monotonicMs()
  // Readers' first plans must not rest on guesses: nobody else may have looked at a table that was filled just now.
  await pool.query(`analyze ${layout.table}`)
  for (;;) {
    try {
      return await promoteOnce(pool, layout, from)
    } catch (error) {
      if (!isLockTimeout(error) || monotonicMs() - startedAt > patienceMs) throw error
      await pause(waits.next(), new AbortController().signal)
    }
  }
}

async function promoteOnce(pool: Pool, layout: Layout, from: number | null): Promise<PromoteOutcome> {
  const { projection, version, number } = layout.ref
  const view = liveViewOf(projection, version)
  return inTransaction(pool, async (client) => {
    await client.query(`set local lock_timeout = '100ms'`)
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`cornerman.promote/${view}`])
    const { rows } = await client.query<{ number: number }>(
      'select number from cornerman.store_live where projection = $1 and version = $2',
      [projection, version],
    )
    const live = rows[0]?.number ?? null
    if (live !== from) return { outcome: 'conflict', live }
    await client.query(
      `create or replace view ${view} as select ${columnList(viewColumns(layout))} from ${layout.table} where _deleted_at is null`,
    )
    await client.query(
      `insert into cornerman.store_live (projection, version, number) values ($1, $2, $3)
       on conflict (projection, version) do update set number = excluded.number, promoted_at = clock_timestamp()`,
      [projection, version, number],
    )
    const readers = await client.query<{ role: string }>('select role from cornerman.store_readers')
    for (const { role } of readers.rows) await client.query(`grant select on ${view} to ${identifier(role)}`)
    return { outcome: 'promoted' }
  })
}
