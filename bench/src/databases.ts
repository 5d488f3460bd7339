import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { migrateWriteSide, prepareReadSide } from '@platform/command-service/migrate'
import type { Postgres } from 'cornerman/testing'
import { Pool } from 'pg'

/** The write side and the read side, as two databases of one server: one clock, one disk. */
export interface Databases {
  readonly write: string
  readonly read: string
  /** The configuration by which `cornerman` sees them. */
  readonly config: string
}

const require = createRequire(import.meta.url)

export const cornermanBinary = join(dirname(require.resolve('cornerman/package.json')), 'bin', 'cornerman.js')

/** The platform's own write side and projections. */
export async function platformDatabases(postgres: Postgres): Promise<Databases> {
  const databases = await create(
    postgres,
    join(dirname(require.resolve('@platform/projections/package.json')), 'cornerman.config.js'),
  )
  await migrateWriteSide(databases.write)
  await prepareReadSide(databases.read)
  await migrate(databases)
  return databases
}

/** Plain tables, made for one bench, with its projection. */
export async function itemsDatabases(postgres: Postgres): Promise<Databases> {
  const databases = await create(postgres, fileURLToPath(new URL('./itemsConfig.js', import.meta.url)))
  await migrate(databases)
  return databases
}

async function create(postgres: Postgres, config: string): Promise<Databases> {
  return { write: await postgres.createDatabase(), read: await postgres.createDatabase(), config }
}

async function migrate(databases: Databases): Promise<void> {
  const args = [cornermanBinary, 'migrate', '--config', databases.config]
  await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...environmentOf(databases) } })
}

export const environmentOf = ({ write, read }: Databases): Record<string, string> => ({
  DATABASE_URL: write,
  READ_DATABASE_URL: read,
})

/** A pool with plain settings, for the measuring side. Instants and big numbers stay text. */
export function openPool(url: string, max = 8): Pool {
  const pool = new Pool({ connectionString: url, max, application_name: 'bench' })
  pool.on('error', () => undefined)
  return pool
}

export async function rowsOf<T>(pool: Pool, text: string, values: unknown[] = []): Promise<T[]> {
  return (await pool.query(text, values)).rows as T[]
}
