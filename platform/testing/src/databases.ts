import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { migrateWriteSide, prepareReadSide, type Roles } from '@platform/command-service/migrate'
import { Client, type QueryResultRow } from 'pg'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the run's PostgreSQL server, as its superuser. */
    postgresUrl: string
  }
}

/** Connections to the two databases of a platform, each for one role. */
export interface Urls {
  ownerWrite: string
  ownerRead: string
  command: string
  projectorWrite: string
  projectorRead: string
  query: string
}

const require = createRequire(import.meta.url)
const folderOf = (name: string) => dirname(require.resolve(`${name}/package.json`))

/** Two new databases with everything that a deployment makes in them: schemas, roles, rights. Roles are of this platform alone. */
export async function newDatabases(server: string = inject('postgresUrl')): Promise<Urls> {
  const name = `p_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  const [write, read] = [`${name}_write`, `${name}_read`]
  await query(server, `create database ${write}`)
  await query(server, `create database ${read}`)
  const [ownerWrite, ownerRead] = [at(server, write), at(server, read)]
  const roles: Roles = {
    command: { name: `${name}_command` },
    projector: { name: `${name}_projector` },
    query: { name: `${name}_query` },
  }
  await migrateWriteSide(ownerWrite, roles)
  await prepareReadSide(ownerRead, roles)
  await migrateToolkit({ DATABASE_URL: ownerWrite, READ_DATABASE_URL: ownerRead }, roles)
  return {
    ownerWrite,
    ownerRead,
    command: as(ownerWrite, roles.command.name),
    projectorWrite: as(ownerWrite, roles.projector.name),
    projectorRead: as(ownerRead, roles.projector.name),
    query: as(ownerRead, roles.query.name),
  }
}

/** As a deployment does it: by the command line. */
async function migrateToolkit(env: Record<string, string>, { command, projector, query }: Roles): Promise<void> {
  const program = join(folderOf('cornerman'), 'bin', 'cornerman.js')
  const args = ['migrate', '--writer', command.name, '--projector', projector.name, '--reader', query.name]
  await promisify(execFile)(process.execPath, [program, ...args], {
    cwd: folderOf('@platform/projections'),
    env: { ...process.env, ...env },
  })
}

function at(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

/** The same database, as another role. */
export function as(url: string, role: string): string {
  const changed = new URL(url)
  changed.username = role
  return changed.href
}

/** Runs one statement on a connection of its own. */
export async function query<R extends QueryResultRow>(url: string, text: string, values?: unknown[]): Promise<R[]> {
  const client = new Client({ connectionString: url, application_name: 'tests' })
  await client.connect()
  try {
    return (await client.query<R>(text, values)).rows
  } finally {
    await client.end()
  }
}
