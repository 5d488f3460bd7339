import { connect } from '../../database.ts'
import { CornermanError } from '../../errors.ts'
import type { Environment, ReadStoreAdapter, StoreDeclaration, StoreRoles } from '../../readStore.ts'
import { identifier } from '../../sql.ts'
import { assertMigrated, migrate, migrationSql } from '../../schema/migrate.ts'
import type { PostgresShape } from './declaration.ts'
import { storeGrants, storeMigrations } from './schema.ts'
import { postgresStore } from './store.ts'

const variable = 'READ_DATABASE_URL'

export const postgresAdapter: ReadStoreAdapter = {
  kind: 'postgres',
  variables: [variable],

  async connect({ env, applicationName }) {
    const url = urlOf(env)
    const connection = await connect({ url, applicationName })
    try {
      await assertMigrated(connection, storeMigrations, 'the read database')
    } finally {
      await connection.end()
    }
    return postgresStore(url, { applicationName })
  },

  migrations: (declarations, roles) => [
    migrationSql(storeMigrations),
    ...closing(declarations, roles).map((statement) => `${statement};\n`),
  ],

  async migrate({ env, applicationName }, declarations, roles) {
    const connection = await connect({ url: urlOf(env), applicationName })
    try {
      const applied = await migrate(connection, storeMigrations, closing(declarations, roles))
      return applied.map((each) => `${each.number} ${each.name}`)
    } finally {
      await connection.end()
    }
  },
}

/** What follows the migrations: it depends on the declarations and the roles. */
const closing = (declarations: readonly StoreDeclaration[], roles: StoreRoles): string[] => [
  ...extensions(declarations).map((name) => `create extension if not exists ${name}`),
  ...storeGrants(roles, identifier),
]

const extensions = (declarations: readonly StoreDeclaration[]) =>
  declarations.some((each) => (each.shape as PostgresShape).search?.fuzzy !== undefined) ? ['pg_trgm'] : []

function urlOf(env: Environment): string {
  const url = env[variable]
  if (url === undefined || url === '') {
    throw new CornermanError('CONFIG_INVALID', `${variable} is not set`, {
      hint: `set it to the database of the read models, for instance ${variable}=postgres://user:password@localhost:5432/reads; it may be the one of DATABASE_URL`,
    })
  }
  return url
}
