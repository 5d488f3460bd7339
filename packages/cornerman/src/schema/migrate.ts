import type { Connection } from '../database.ts'
import { CornermanError } from '../errors.ts'
import { isLockTimeout } from '../postgresFault.ts'
import { backoff, pause } from '../backoff.ts'

export interface Migration {
  readonly number: number
  readonly name: string
  /** The oldest migration whose code still works on a database that has this one. */
  readonly oldestCompatible: number
  readonly sql: string
}

/** A set of migrations, kept in a table of its own so that primary and read store may share one database. */
export interface MigrationSet {
  readonly table: 'migrations' | 'store_migrations'
  readonly migrations: readonly Migration[]
}

// One lock for all sets: they share a schema, and its rights.
const lockKey = `hashtextextended('cornerman.migrate', 0)`

const bootstrap = (set: MigrationSet) => `
create schema if not exists cornerman;
create table if not exists cornerman.${set.table} (
  number integer primary key,
  name text not null,
  oldest_compatible integer not null,
  applied_at timestamptz not null default clock_timestamp()
);
revoke all on schema cornerman from public;
`

const record = (set: MigrationSet, { number, name, oldestCompatible }: Migration) =>
  `insert into cornerman.${set.table} (number, name, oldest_compatible) values (${number}, '${name}', ${oldestCompatible});`

// Functions may be executed by everybody unless that is taken back.
const closing = 'revoke execute on all functions in schema cornerman from public;'

/** The statements of all migrations, for those who apply them by other means. */
export function migrationSql(set: MigrationSet): string {
  const parts = set.migrations.map((m) => `-- ${m.number} ${m.name}\n${m.sql.trim()}\n${record(set, m)}`)
  return (
    ['begin;', `select pg_advisory_xact_lock(${lockKey});`, bootstrap(set).trim(), ...parts, closing, 'commit;'].join(
      '\n\n',
    ) + '\n'
  )
}

/**
 * Applies what is missing, each migration in a transaction of its own, and then what holds for these roles and declarations
 * (`statements`: extensions, rights), under an advisory lock: any number of processes may call it at once. Waits for table
 * locks in short tries with longer pauses, so that the application's transactions go on.
 */
export async function migrate(
  connection: Connection,
  set: MigrationSet,
  statements: readonly string[] = [],
): Promise<Migration[]> {
  await lock(connection)
  try {
    const applied = await appliedMigrations(connection, set)
    const missing = set.migrations.filter((m) => !applied.some((a) => a.number === m.number))
    if (applied.length === 0) await connection.query(bootstrap(set))
    for (const migration of missing) await apply(connection, set, migration)
    // `if not exists` and `grant` fail when two run at once: PostgreSQL has no lock of its own for them.
    for (const statement of statements) await connection.query(statement)
    return missing
  } finally {
    // A connection that is gone has let go of it, and the fault that ended it is the one to be told.
    await connection.query(`select pg_advisory_unlock(${lockKey})`).catch(() => undefined)
  }
}

/** Asked for again and again rather than waited for: another process's migration may take longer than a statement may. */
async function lock(connection: Connection): Promise<void> {
  const waits = backoff({ firstMs: 20, maxMs: 500 })
  for (;;) {
    const { rows } = await connection.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lockKey}) as locked`)
    if (rows[0]!.locked) return
    await pause(waits.next(), new AbortController().signal)
  }
}

async function apply(connection: Connection, set: MigrationSet, migration: Migration): Promise<void> {
  const waits = backoff({ firstMs: 500, maxMs: 4_000 })
  for (;;) {
    try {
      await connection.query(
        `begin; set local lock_timeout = '200ms'; ${migration.sql} ${record(set, migration)} ${closing} commit;`,
      )
      return
    } catch (error) {
      await connection.query('rollback').catch(() => undefined)
      if (!isLockTimeout(error)) throw error
      await pause(waits.next(), new AbortController().signal)
    }
  }
}

interface AppliedMigration {
  number: number
  name: string
  oldestCompatible: number
}

async function appliedMigrations(connection: Connection, set: MigrationSet): Promise<AppliedMigration[]> {
  const exists = await connection.query('select to_regclass($1) is not null as exists', [`cornerman.${set.table}`])
  if (!exists.rows[0]!['exists']) return []
  const { rows } = await connection.query<AppliedMigration>(
    `select number, name, oldest_compatible as "oldestCompatible" from cornerman.${set.table} order by number`,
  )
  return rows
}

/** Refuses a database that lacks a migration of this code, and one that is too new for it. */
export async function assertMigrated(connection: Connection, set: MigrationSet, database: string): Promise<void> {
  const applied = await appliedMigrations(connection, set)
  const own = set.migrations.at(-1)!.number
  const missing = set.migrations.filter((m) => !applied.some((a) => a.number === m.number))
  if (missing.length > 0) {
    throw new CornermanError(
      'SCHEMA_MISSING',
      `${database} lacks the migrations ${missing.map((m) => `${m.number} ${m.name}`).join(', ')}`,
      {
        hint: 'cornerman migrate',
      },
    )
  }
  const oldest = Math.max(...applied.map((each) => each.oldestCompatible))
  if (oldest > own) {
    throw new CornermanError(
      'SCHEMA_TOO_NEW',
      `${database} has a schema that needs migration ${oldest}; this version of cornerman knows ${own}`,
      {
        hint: 'upgrade the cornerman package of this process',
      },
    )
  }
}
