import type { Database } from '@platform/command-service/database'
import { sql } from 'kysely'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refused } from './command.ts'

const lockKey = 'platform import'
// The connection of one that was killed ends with the statement that it runs.
const patienceMs = 15_000

/** Runs the work on one connection, with no other import beside it. */
export function alone<T>(db: Database, work: (db: Database) => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    const deadline = performance.now() + patienceMs
    while (!(await isLocked(connection))) {
      if (performance.now() > deadline) throw new Refused('another import is running', 'wait until it has ended')
      await sleep(100)
    }
    return work(connection)
  })
}

async function isLocked(db: Database): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_lock(hashtext(${lockKey})) as locked`.execute(
    db,
  )
  return rows[0]!.locked
}
