import { setTimeout as sleep } from 'node:timers/promises'
import type { Queryable } from '../database.ts'

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

/** The number of the backend behind a connection. */
export async function backendOf(connection: Queryable): Promise<number> {
  const { rows } = await connection.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]!.pid
}

/** Waits until the backend waits for a lock. */
export async function untilBlocked(observer: Queryable, pid: number): Promise<void> {
  await until(`backend ${pid} waits for a lock`, async () => {
    const { rows } = await observer.query('select 1 from pg_locks where pid = $1 and not granted', [pid])
    return rows.length > 0
  })
}
