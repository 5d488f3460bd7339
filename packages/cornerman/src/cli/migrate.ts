import { place, refuseUnconfigured } from '../config.ts'
import type { Connection } from '../database.ts'
import { CornermanError, hasCode } from '../errors.ts'
import { silentLogger } from '../logger.ts'
import type { ReadStoreAdapter, StoreDeclaration } from '../readStore.ts'
import { migrate, migrationSql } from '../schema/migrate.ts'
import { primaryGrants } from '../schema/primary.ts'
import { identifier } from '../sql.ts'
import {
  type CommandOf,
  type CommonOptions,
  configOf,
  type Context,
  outputOf,
  primarySet,
  withPrimary,
} from './context.ts'
import { commonOptions, examples } from './options.ts'

interface MigrateOptions extends CommonOptions {
  sql?: boolean
  writer?: string
  projector?: string
  reader?: string
}

export const migrateCommand: CommandOf = (program, context) => {
  commonOptions(program.command('migrate'))
    .summary("bring cornerman's own schema up to date")
    .description(
      "Bring cornerman's own schema up to date, on the primary and in the read stores. Safe to run at every deploy, by any number of processes.",
    )
    .option('--sql', 'print the statements instead of running them')
    .option('--writer <role>', 'grant this role what appending an event needs, and no more')
    .option('--projector <role>', 'grant this role what a projector needs')
    .option('--reader <role>', 'let this role read the live read models')
    .addHelpText(
      'after',
      examples(
        'cornerman migrate',
        'cornerman migrate --sql > cornerman.sql',
        'cornerman migrate --writer app --projector projector --reader web',
      ),
    )
    .action((options: MigrateOptions) => run(context, options))
}

type Stores = Map<ReadStoreAdapter, StoreDeclaration[]>

async function run(context: Context, options: MigrateOptions): Promise<void> {
  const output = outputOf(context, options)
  const stores = await storesOf(context, options)
  if (options.sql === true) {
    const sql = statements(stores, options)
    output.line(sql.trimEnd())
    return output.result({ sql })
  }
  // Before anything is changed anywhere.
  refuseUnconfigured(stores.keys(), context.env)
  const primary = await migratePrimary(context, options)
  output.line(`primary: ${told(primary)}`)
  const applied: Record<string, string[]> = {}
  for (const [adapter, declarations] of stores) {
    const setup = { env: context.env, logger: silentLogger, applicationName: 'cornerman migrate' }
    applied[adapter.kind] = await adapter.migrate(setup, declarations, options)
    output.line(`${adapter.kind}: ${told(applied[adapter.kind]!)}`)
  }
  const rights = rightsOf(options)
  if (rights.length > 0) output.line(`rights: ${rights.join(', ')}`)
  output.result({ primary, stores: applied, rights })
}

const rightsOf = ({ writer, projector, reader }: MigrateOptions): string[] => [
  ...(writer === undefined ? [] : [`${writer} appends`]),
  ...(projector === undefined ? [] : [`${projector} projects`]),
  ...(reader === undefined ? [] : [`${reader} reads`]),
]

const told = (applied: readonly string[]) => (applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`)

async function migratePrimary(context: Context, options: MigrateOptions): Promise<string[]> {
  return withPrimary(
    context,
    async (connection) => {
      await refuseUnknownRoles(connection, options)
      const applied = await migrate(connection, primarySet, primaryGrants(options, identifier))
      return applied.map((each) => `${each.number} ${each.name}`)
    },
    { migrated: false, statementTimeoutMs: 300_000 },
  )
}

async function refuseUnknownRoles(
  connection: Connection,
  { writer, projector, reader }: MigrateOptions,
): Promise<void> {
  const named = [writer, projector, reader].filter((role) => role !== undefined)
  const { rows } = await connection.query<{ role: string }>(
    'select role from unnest($1::text[]) as role where role not in (select rolname from pg_roles)',
    [named],
  )
  if (rows.length === 0) return
  const unknown = [...new Set(rows.map(({ role }) => role))]
  throw new CornermanError('ROLE_UNKNOWN', `there is no role ${unknown.join(', ')} on the primary`, {
    hint: `make it first: ${unknown.map((role) => `create role ${identifier(role)} login`).join('; ')}`,
  })
}

function statements(stores: Stores, options: MigrateOptions): string {
  const grants = primaryGrants(options, identifier).map((statement) => `${statement};\n`)
  return [
    '-- On the primary (DATABASE_URL)',
    migrationSql(primarySet),
    ...grants,
    ...[...stores].flatMap(([adapter, declarations]) => [
      `\n-- In the read store ${adapter.kind} (${adapter.variables[0]})`,
      ...adapter.migrations(declarations, options),
    ]),
  ].join('\n')
}

/** The stores in which projections live; before there is a configuration, only the primary is migrated. */
async function storesOf(context: Context, options: MigrateOptions): Promise<Stores> {
  try {
    const config = await configOf(context, options)
    return Map.groupBy(
      config.projections.map((each) => place(each, context.env).declaration),
      ({ adapter }) => adapter,
    )
  } catch (error) {
    if (!hasCode(error, 'CONFIG_NOT_FOUND') || options.config !== undefined) throw error
    outputOf(context, options).progress('there is no configuration here: only the primary is migrated')
    return new Map()
  }
}
