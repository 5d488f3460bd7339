import assert from 'node:assert/strict'
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'
import { connect, type Connection } from '../database.ts'
import { migrate } from '../schema/migrate.ts'
import { primaryMigrations } from '../schema/primary.ts'
import { withConnection } from '../testing/databases.ts'
import { type Postgres, startPostgres } from '../testing/postgres.ts'
import { AttemptMaker } from './attempt.ts'
import { PrimaryClock } from './clock.ts'

let server: Postgres
let url: string
let opened: (Connection | AttemptMaker)[] = []

beforeAll(async () => {
  // Nothing but a commit makes the log durable, as on a server where much happens between two turns of the log's writer.
  server = await startPostgres({ settings: { wal_writer_delay: '10s', autovacuum: 'off' } })
})

afterAll(() => server.stop())

beforeEach(async () => {
  url = await server.createDatabase()
  await withConnection(url, (connection) => migrate(connection, { table: 'migrations', migrations: primaryMigrations }))
})

afterEach(async () => {
  for (const each of opened) await (each instanceof AttemptMaker ? each.close() : each.end()).catch(() => undefined)
  opened = []
})

const open = async () => {
  const connection = await connect({ url, applicationName: 'tests' })
  opened.push(connection)
  return connection
}

const maker = () => {
  const made = new AttemptMaker({ url, projection: 'things', store: 'postgres', clock: new PrimaryClock() })
  opened.push(made)
  return made
}

/** A transaction that is open takes a number: the log's record of the numbers ahead is its own, and not yet durable. */
async function openTransaction(): Promise<void> {
  const connection = await open()
  await connection.query(`begin; select nextval('cornerman.version')`)
}

async function crash(): Promise<void> {
  await server.crash()
  await server.restart()
}

describe('PostgreSQL killed while an older transaction is open', () => {
  test('a bare sequence hands out the same numbers again: it is no version', async () => {
    const bare = async (connection: Connection) =>
      (await connection.query<{ nextval: number }>(`select nextval('cornerman.version')`)).rows[0]!.nextval
    await openTransaction()
    const before = await open()
    const handedOut = [await bare(before), await bare(before), await bare(before)]
    await crash()
    const after = await open()
    const again = [await bare(after), await bare(after), await bare(after)]
    assert.ok(
      again.some((number) => handedOut.includes(number)),
      `${handedOut.join(', ')}, then ${again.join(', ')}`,
    )
  })

  test('a version is durable once it is taken: those that follow are higher', async () => {
    await openTransaction()
    const before = maker()
    const taken = [await before.version(), await before.version(), await before.version()]
    await crash()
    const next = await maker().version()
    assert.ok(next > Math.max(...taken), `${taken.join(', ')}, then ${next}`)
  })
})
