import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { query } from './databases.ts'

const tries = 4_000
const tryEveryMs = 5

/** Waits until the condition holds; `what` is told when it never does. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < tries; i++) {
    if (await condition()) return
    await sleep(tryEveryMs)
  }
  throw new Error(`still not so: ${what}`)
}

/** Holds a lock on a row, so that a command waits in the middle of its work. */
export async function lockRow(url: string, table: string, id: string, idExpression = 'id') {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await client.query(`select 1 from ${table} where ${idExpression} = $1 for update`, [id])
  return {
    /** Until so many wait for it. */
    awaited: (count = 1) =>
      until(`${count} wait for ${table} ${id}`, async () => {
        const waiting = await query(
          url,
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return waiting.length >= count
      }),
    async release() {
      await client.query('rollback')
      await client.end()
    },
  }
}
