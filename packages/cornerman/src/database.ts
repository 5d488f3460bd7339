import {
  Client,
  type ClientConfig,
  type CustomTypesConfig,
  Pool as PgPool,
  type PoolClient,
  type QueryResult,
  type QueryResultRow,
  types as pgTypes,
} from 'pg'
import { CornermanError, messageOf } from './errors.ts'

export type Connection = Client
export type Pool = PgPool

/** Anything that runs a statement on PostgreSQL: a connection, a pool, a pooled client. */
export interface Queryable {
  query<R extends QueryResultRow = QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<R>>
}

export interface ConnectOptions {
  url: string
  /** Shown in `pg_stat_activity`. */
  applicationName: string
  /** The longest that one statement may take on the server, in milliseconds. Defaults to 30 000. */
  statementTimeoutMs?: number
  /** Further settings of the session. */
  settings?: Record<string, string>
  /** Whether a statement is sent while the one before it is not answered yet. */
  pipeline?: boolean
}

/** Settings on which the text of a document could depend: pinned, so that every process prints the same. */
const pinned = {
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  jit: 'off',
}

const int8 = 20
const timestampTypes = [1114, 1184]

/** Positions and versions as numbers (exact to 2^53); timestamps as the text that PostgreSQL prints. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === int8) return exactNumber
    if (timestampTypes.includes(oid)) return (text: string) => text
    return pgTypes.getTypeParser(oid, format as 'text')
  },
} as unknown as CustomTypesConfig

function exactNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond the integers that JavaScript holds exactly`)
  return value
}

function configuration(options: ConnectOptions): ClientConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000
  const settings = {
    ...pinned,
    statement_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: '60000',
    ...options.settings,
  }
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    // The server ends a long statement; this ends the wait for a server that has gone silent.
    query_timeout: statementTimeoutMs + 10_000,
    types,
    pipeline: options.pipeline ?? false,
  }
}

/** A connection that reports its end through its calls only: an idle one that is cut does not end the process. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const client = new Client(configuration(options))
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    await client.end().catch(() => undefined)
    throw unreachable(options.url, error)
  }
  return client
}

export function openPool(options: ConnectOptions & { max: number }): Pool {
  const pool = new PgPool({ ...configuration(options), max: options.max, idleTimeoutMillis: 30_000 })
  pool.on('error', () => undefined)
  // Its owner may wait for something else when a connection is cut: the next call tells, and no process ends.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** Runs `work` in a transaction on one connection of the pool. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((fault: Error) => {
      broken = fault
    })
    throw error
  } finally {
    client.release(broken)
  }
}

function unreachable(url: string, cause: unknown): CornermanError {
  return new CornermanError('DATABASE_UNREACHABLE', `cannot connect to ${redacted(url)}: ${messageOf(cause)}`, {
    hint: 'check that the server runs, and that host, port, database, user and password in the URL are right',
    cause,
  })
}

/** The URL without its password, for messages. */
export function redacted(url: string): string {
  try {
    const parsed = new URL(url)
    if (parsed.password !== '') parsed.password = '***'
    return parsed.href
  } catch {
    return 'the given database URL'
  }
}
