import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../database.ts'
import { migrate } from '../schema/migrate.ts'
import { primaryMigrations } from '../schema/primary.ts'
import { withConnection } from '../testing/databases.ts'
import { type Postgres, startPostgres } from '../testing/postgres.ts'
import { AttemptMaker } from './attempt.ts'
import { PrimaryClock } from './clock.ts'

// A server of its own, which is killed, and which writes its log to disk for nobody who does not ask for it.
let server: Postgres

beforeAll(async () => {
  server = await startPostgres({ settings: { wal_writer_delay: '10s', autovacuum: 'off', synchronous_commit: 'off' } })
})

afterAll(() => server.stop())

test('a version that was taken is never handed out again, also when the server is killed at once', async () => {
  const url = await server.createDatabase()
  await withConnection(url, (connection) => migrate(connection, { table: 'migrations', migrations: primaryMigrations }))
  const maker = () => new AttemptMaker({ url, projection: 'p', store: 's', clock: new PrimaryClock() })
  const before = maker()
  await before.version()
  // A transaction that stays open is the one that wrote down how far the sequence has come; others only count on from there.
  const older = await connect({ url, applicationName: 'older' })
  await older.query('begin')
  await older.query(`select nextval('cornerman.version') from generate_series(1, 40)`)
  const taken = await before.version()
  await server.crash()
  await Promise.all([before.close(), older.end().catch(() => undefined)])
  await server.restart()
  const after = maker()
  expect(await after.version()).toBeGreaterThan(taken)
  await after.close()
})
