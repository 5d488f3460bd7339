import { Kysely, PostgresDialect } from 'kysely'
import { Pool, types } from 'pg'
import type { WriteSchema } from './schema.ts'

/** The token under which controllers ask for it. */
export const DATABASE = Symbol('write database')

export type Database = Kysely<WriteSchema>

const dateType = 1082

/** The write database. Days stay text (`2024-12-07`): they are no instants. */
export function openDatabase(url: string, { max = 10 } = {}): Database {
  const pool = new Pool({
    connectionString: url,
    max,
    application_name: 'command-service',
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
    statement_timeout: 20_000,
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) =>
        oid === dateType ? (text: string) => text : types.getTypeParser(oid, format as 'text'),
    },
  })
  // A connection that is cut while idle is replaced at the next use.
  pool.on('error', () => undefined)
  // One that is cut between two statements of a transaction is told by the next statement.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new Kysely<WriteSchema>({ dialect: new PostgresDialect({ pool }) })
}
