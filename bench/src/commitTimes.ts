import type { Pool } from 'pg'
import { rowsOf } from './databases.ts'

/**
 * When each row was committed as it is now, in milliseconds by PostgreSQL's own clock: by the row's name. `query` returns
 * `name` and `xid`. The writer's row and the reader's row lie on one server, so their difference is commit → visible.
 */
export async function commitTimes(pool: Pool, query: string, values: unknown[]): Promise<Map<string, number>> {
  const rows = await rowsOf<{ name: string; ms: number }>(
    pool,
    `select name::text, (extract(epoch from pg_xact_commit_timestamp(xid)) * 1000)::float8 as ms from (${query}) as q`,
    values,
  )
  return new Map(rows.map(({ name, ms }) => [name, ms]))
}
