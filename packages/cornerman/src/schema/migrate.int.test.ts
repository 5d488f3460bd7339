import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection, type ConnectOptions } from '../database.ts'
import { append } from '../outbox/append.ts'
import { OutboxReader } from '../outbox/reader.ts'
import { storeMigrations } from '../readStores/postgres/schema.ts'
import { newDatabase } from '../testing/databases.ts'
import { interleaved, outboxStart, readAll } from '../testing/outbox.ts'
import { ownedByRole } from '../testing/roles.ts'
import { until } from '../testing/waits.ts'
import { assertMigrated, migrate, type Migration, migrationSql, type MigrationSet } from './migrate.ts'
import { primaryMigrations } from './primary.ts'

const primary: MigrationSet = { table: 'migrations', migrations: primaryMigrations }
const last = primaryMigrations.at(-1)!.number
const added = (sql: string, oldestCompatible = last): Migration => ({
  number: last + 1,
  name: 'added',
  oldestCompatible,
  sql: `${sql};`,
})
/** The schema of a newer version of the toolkit. */
const newer = (...migration: Parameters<typeof added>): MigrationSet => ({
  table: 'migrations',
  migrations: [...primaryMigrations, added(...migration)],
})
const event = { type: 'Happened', aggregateType: 'thing', aggregateId: 'a', payload: {} }

let url: string
let connection: Connection
let opened: Connection[]

const open = async (options: Partial<ConnectOptions> = {}) => {
  const made = await connect({ url, applicationName: 'migrate', ...options })
  opened.push(made)
  return made
}

// All as the owner of the database, who is no superuser.
beforeEach(async () => {
  url = await ownedByRole(await newDatabase())
  opened = []
  connection = await open()
})

afterEach(async () => {
  await Promise.all(opened.map((each) => each.end()))
})

const numbers = (migrations: readonly Migration[]) => migrations.map((each) => each.number)
const applied = async (set: MigrationSet = primary) =>
  (await connection.query(`select number from cornerman.${set.table} order by number`)).rows.map((row) => row['number'])

describe('migrating', () => {
  test('applies what is missing, and nothing the second time', async () => {
    expect(numbers(await migrate(connection, primary))).toEqual(numbers(primaryMigrations))
    expect(await migrate(connection, primary)).toEqual([])
    expect(numbers(await migrate(connection, newer('create table cornerman.added ()')))).toEqual([last + 1])
    expect(await applied()).toEqual([...numbers(primaryMigrations), last + 1])
  })

  test('is done once by many processes at a time, for the primary and a read store in one database', async () => {
    const connections = await Promise.all(Array.from({ length: 8 }, () => open()))
    const sets = connections.map((_, i) => (i % 2 === 0 ? primary : storeMigrations))
    const done = await Promise.all(connections.map((each, i) => migrate(each, sets[i]!)))
    const byAll = (set: MigrationSet) => done.filter((_, i) => sets[i] === set).flatMap(numbers)
    expect(byAll(primary)).toEqual(numbers(primaryMigrations))
    expect(byAll(storeMigrations)).toEqual(numbers(storeMigrations.migrations))
  })

  test('leaves nothing of a migration that fails, tells why, and can be done again', async () => {
    await migrate(connection, primary)
    const failing = newer('create table cornerman.half (); select 1 / 0')
    await expect(migrate(connection, failing)).rejects.toThrow('division by zero')
    const exists = await connection.query(`select to_regclass('cornerman.half') as half`)
    expect(exists.rows).toEqual([{ half: null }])
    expect(numbers(await migrate(await open(), newer('create table cornerman.half ()')))).toEqual([last + 1])
  })

  test('tells of the loss of its connection, and leaves the lock to the next', async () => {
    await migrate(connection, primary)
    const dying = await open()
    const pid = (await dying.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid
    const failing = newer(`select pg_terminate_backend(${pid})`)
    await expect(migrate(dying, failing)).rejects.toThrow(/terminating connection/)
    expect(numbers(await migrate(connection, newer('create table cornerman.fine ()')))).toEqual([last + 1])
  })
})

describe('a migration that needs the lock of a table in use', () => {
  const sql = 'alter table cornerman.outbox_state add column note text'

  beforeEach(async () => {
    await migrate(connection, primary)
    await connection.query('begin')
    await connection.query('select floor from cornerman.outbox_state')
  })

  test('is tried for short times, between which the application’s transactions go on', async () => {
    let tries = 0
    const migrating = migrate(
      interleaved(await open(), (statement) => {
        if (statement.includes(sql)) tries++
      }),
      newer(sql),
    )
    const application = await open({ settings: { lock_timeout: '400ms' } })
    await until('it was tried three times', async () => {
      await application.query('update cornerman.outbox_state set floor = floor')
      return tries >= 3
    })
    await connection.query('commit')
    expect(numbers(await migrating)).toEqual([last + 1])
  })

  test('is waited for by another process for longer than one of its statements may take', async () => {
    let tries = 0
    const first = migrate(
      interleaved(await open(), (statement) => {
        if (statement.includes(sql)) tries++
      }),
      newer(sql),
    )
    await until('the first is at it', () => tries > 0)
    const second = migrate(await open({ statementTimeoutMs: 100 }), newer(sql))
    await until('the first has tried twice more', () => tries >= 3)
    await connection.query('commit')
    expect(numbers(await first)).toEqual([last + 1])
    expect(await second).toEqual([])
  })
})

describe('the statements for those who apply them by other means', () => {
  test.each([
    ['the primary', primary],
    ['a read store', storeMigrations],
  ])('make the same schema as migrating does, for %s, and count as migrated', async (_, set) => {
    await connection.query(migrationSql(set))
    const byHand = await schemaOf(connection)
    expect(await migrate(connection, set)).toEqual([])
    await assertMigrated(connection, set, 'the database')
    url = await ownedByRole(await newDatabase())
    const other = await open()
    await migrate(other, set)
    expect(byHand).toEqual(await schemaOf(other))
    expect(byHand.length).toBeGreaterThan(20)
  })
})

describe('a process', () => {
  test('is refused by a database that lacks migrations, each of them named', async () => {
    const refused = assertMigrated(connection, primary, 'the primary')
    await expect(refused).rejects.toMatchObject({
      code: 'SCHEMA_MISSING',
      message: `the primary lacks the migrations ${primaryMigrations.map((m) => `${m.number} ${m.name}`).join(', ')}`,
      hint: 'cornerman migrate',
    })
    await migrate(connection, primary)
    await expect(assertMigrated(connection, newer('select 1'), 'the primary')).rejects.toMatchObject({
      message: `the primary lacks the migrations ${last + 1} added`,
    })
  })

  test('is refused by a database that has become too new for it', async () => {
    await migrate(connection, newer('select 1', last + 1))
    await expect(assertMigrated(connection, primary, 'the primary')).rejects.toMatchObject({
      code: 'SCHEMA_TOO_NEW',
      message: expect.stringContaining(`needs migration ${last + 1}; this version of cornerman knows ${last}`),
      hint: expect.stringContaining('upgrade'),
    })
  })

  test('works on beside a newer one across a migration that only adds', async () => {
    await migrate(connection, primary)
    const [writer, feed] = [await open(), await open()]
    const reader = new OutboxReader(feed, outboxStart)
    const appended: number[] = []
    const delivered: number[] = []
    const work = async () => {
      await writer.query('begin')
      appended.push((await append(writer, event)).position)
      await writer.query('commit')
      delivered.push(...(await readAll(reader)).map((row) => row.position))
    }
    // Often enough for the plans of the prepared statements to be kept.
    for (let i = 0; i < 10; i++) await work()
    const migrating = migrate(connection, newer('alter table cornerman.outbox add column tenant text'))
    const over = new AbortController()
    void migrating.finally(() => over.abort())
    while (!over.signal.aborted) await work()
    await migrating
    await assertMigrated(writer, primary, 'the primary')
    await writer.query(
      `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload, tenant) values ('a', 'b', 'c', '{}', 'd')`,
    )
    for (let i = 0; i < 10; i++) await work()
    expect(delivered.filter((position) => appended.includes(position))).toEqual(appended)
    expect(delivered).toHaveLength(appended.length + 1)
    expect(await migrate(connection, primary)).toEqual([])
  })
})

/** All that is in the toolkit's schema, as text. */
async function schemaOf(db: Connection): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(`
    with relation as (select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname like 'cornerman%')
    select concat_ws(' ', 'relation', relkind, oid::regclass, reloptions, pg_get_expr(relpartbound, oid), pg_get_partkeydef(oid)) as line from relation where relkind <> 't'
    union all select concat_ws(' ', 'rights', oid::regclass, replace(relacl::text, current_user, 'owner')) from relation
    union all select concat_ws(' ', 'column', attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(d.adbin, d.adrelid))
      from pg_attribute left join pg_attrdef d on (d.adrelid, d.adnum) = (attrelid, attnum) where attrelid in (select oid from relation where relkind <> 't') and attnum > 0
    union all select concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint where conrelid in (select oid from relation)
    union all select concat_ws(' ', 'index', pg_get_indexdef(indexrelid)) from pg_index where indexrelid in (select oid from relation where relkind <> 't')
    union all select concat_ws(' ', 'view', oid::regclass, pg_get_viewdef(oid)) from relation where relkind = 'v'
    union all select concat_ws(' ', 'function', pg_get_functiondef(p.oid), replace(proacl::text, current_user, 'owner')) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname like 'cornerman%'
    union all select concat_ws(' ', 'schema', nspname, replace(nspacl::text, current_user, 'owner')) from pg_namespace where nspname like 'cornerman%'
    order by 1`)
  return rows.map((row) => row.line).filter((line) => !line.includes('pg_toast'))
}
