import type { Connection, Queryable } from '../database.ts'
import { noGaps } from '../outbox/gaps.ts'
import type { Cursor, OutboxReader, OutboxRow } from '../outbox/reader.ts'

/** Where a reader begins that has read nothing. */
export const outboxStart: Cursor = { position: 0, rowId: null, gaps: noGaps }

/** Inserts rows as a writer that knows nothing of the toolkit does; returns their positions. */
export async function insertEvents(db: Queryable, name: string, count = 1): Promise<number[]> {
  const { rows } = await db.query<{ position: number }>(
    `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload)
     select 'thing', $1, 'Happened', jsonb_build_object('type', 'Happened', 'number', n) from generate_series(1, $2::int) as n
     returning position`,
    [name, count],
  )
  return rows.map((row) => row.position)
}

/** Reads until there is nothing more to read. */
export async function readAll(reader: OutboxReader, limit = 100): Promise<OutboxRow[]> {
  const rows: OutboxRow[] = []
  for (;;) {
    const page = await reader.read(limit)
    rows.push(...page.rows)
    if (page.reachedEnd) return rows
  }
}

/** Replaces the partitions of an outbox that is empty by small ones. */
export async function usePartitionsOf(db: Queryable, size: number): Promise<void> {
  const { rows } = await db.query<{ name: string }>('delete from cornerman.outbox_partitions returning name')
  for (const { name } of rows) await db.query(`drop table cornerman.${name}`)
  await db.query('update cornerman.outbox_state set partition_size = $1', [size])
  await db.query('select cornerman.extend_outbox()')
}

/** The connection, with something done before each of its statements. */
export function interleaved(connection: Connection, before: (statement: string) => Promise<void> | void): Connection {
  const query = async (statement: string | { text: string }, values?: unknown[]) => {
    await before(typeof statement === 'string' ? statement : statement.text)
    return connection.query(statement as string, values)
  }
  return new Proxy(connection, {
    get: (target, name) => (name === 'query' ? query : (Reflect.get(target, name) as unknown)),
  })
}
