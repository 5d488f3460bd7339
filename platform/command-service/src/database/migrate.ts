import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { Pool } from 'pg'
import * as tournament from './migrations/001-tournament.ts'
import * as published from './migrations/002-published.ts'

const migrations: Record<string, Migration> = { '001-tournament': tournament, '002-published': published }

const provider: MigrationProvider = { getMigrations: () => Promise.resolve(migrations) }

/** One role for each process, with its password; none may do more than its process has to. */
export interface Roles {
  command: Role
  projector: Role
  query: Role
}

export interface Role {
  name: string
  password?: string
}

export const defaultRoles: Roles = {
  command: { name: 'platform_command' },
  projector: { name: 'platform_projector' },
  query: { name: 'platform_query' },
}

/** Brings the write side up to date. `url` is of a role that owns the database and may create roles. */
export async function migrateWriteSide(url: string, roles: Roles = defaultRoles): Promise<string[]> {
  return withOwner(url, async (db) => {
    const { error, results } = await new Migrator({ db, provider, migrationTableSchema: 'public' }).migrateToLatest()
    if (error !== undefined) throw error
    for (const role of Object.values<Role>({ ...roles })) await createRole(db, role)
    await closeDatabase(db, [roles.command, roles.projector])
    await grantCommand(db, roles.command.name)
    await grantProjector(db, roles.projector.name)
    return (results ?? []).map((each) => each.migrationName)
  })
}

/** Closes the read database to all but those who project and those who read. Its tables are cornerman's own. */
export async function prepareReadSide(url: string, roles: Roles = defaultRoles): Promise<void> {
  await withOwner(url, async (db) => {
    for (const role of [roles.projector, roles.query]) await createRole(db, role)
    await closeDatabase(db, [roles.projector, roles.query])
  })
}

async function withOwner<T>(url: string, work: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: url, max: 1 }) }),
  })
  try {
    return await work(db)
  } finally {
    await db.destroy()
  }
}

async function createRole(db: Kysely<unknown>, { name, password }: Role): Promise<void> {
  const { rows } = await sql`select 1 from pg_roles where rolname = ${name}`.execute(db)
  if (rows.length === 0) await sql`create role ${sql.id(name)} login`.execute(db)
  if (password !== undefined) await sql`alter role ${sql.id(name)} password ${sql.lit(password)}`.execute(db)
}

async function closeDatabase(db: Kysely<unknown>, allowed: readonly Role[]): Promise<void> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db)
  const database = sql.id(rows[0]!.name)
  await sql`revoke all on database ${database} from public`.execute(db)
  await sql`revoke create on schema public from public`.execute(db)
  for (const { name } of allowed) await sql`grant connect on database ${database} to ${sql.id(name)}`.execute(db)
}

/** Commands add to everything and change what can change; what has been told, corrected or published stays. */
async function grantCommand(db: Kysely<unknown>, name: string): Promise<void> {
  const role = sql.id(name)
  await sql`revoke all on all tables in schema tournament from ${role}`.execute(db)
  await sql`grant usage on schema tournament, published to ${role}`.execute(db)
  await sql`grant select, insert on all tables in schema tournament to ${role}`.execute(db)
  await sql`grant update on tournament.athletes, tournament.divisions, tournament.matches to ${role}`.execute(db)
  await sql`grant delete on tournament.idempotency_keys to ${role}`.execute(db)
  await sql`grant usage on all sequences in schema tournament to ${role}`.execute(db)
  await sql`grant select on all tables in schema published to ${role}`.execute(db)
}

/** The projector sees what is published, and no more. It looks through the views by a temporary one. */
async function grantProjector(db: Kysely<unknown>, name: string): Promise<void> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db)
  const role = sql.id(name)
  await sql`grant temporary on database ${sql.id(rows[0]!.name)} to ${role}`.execute(db)
  await sql`grant usage on schema published to ${role}`.execute(db)
  await sql`grant select on all tables in schema published to ${role}`.execute(db)
}
