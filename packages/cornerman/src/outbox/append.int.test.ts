import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import { Pool as PgPool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection, openPool, type Pool } from '../database.ts'
import { newPrimary } from '../testing/databases.ts'
import { append, appendClause } from './append.ts'
import type { NewEvent } from './event.ts'
import type { TransactionExecutor, TransactionHandle } from './handle.ts'

let url: string
let connection: Connection
let pool: Pool
let kysely: Kysely<{ matches: { id: string; score: number } }>

beforeAll(async () => {
  url = await newPrimary()
  connection = await connect({ url, applicationName: 'append' })
  pool = openPool({ url, applicationName: 'append pool', max: 2 })
  // As an application has it: its own pool, and a plugin that renames columns.
  const dialect = new PostgresDialect({ pool: new PgPool({ connectionString: url, max: 2 }) })
  kysely = new Kysely({ dialect, plugins: [new CamelCasePlugin()] })
  await connection.query('create table matches (id text primary key, score int not null)')
})

afterAll(async () => {
  await kysely.destroy()
  await pool.end()
  await connection.end()
})

beforeEach(async () => {
  await connection.query('delete from cornerman.outbox; delete from matches')
})

const event = (aggregateId: string, changes: Partial<NewEvent> = {}): NewEvent => ({
  type: 'MatchCompleted',
  aggregateType: 'match',
  aggregateId,
  payload: { aggregateId },
  ...changes,
})

const stored = async () =>
  (await connection.query('select aggregateid as name, position, id from cornerman.outbox order by position')).rows

/** A driver of which nothing is known but that it runs statements on one connection. */
const executorOn =
  (client: { query(text: string, values: unknown[]): Promise<{ rows: Record<string, unknown>[] }> }) =>
  async (text: string, values: unknown[]) =>
    (await client.query(text, values)).rows

describe('appending in a transaction', () => {
  const handles: Record<string, (work: (handle: TransactionHandle) => Promise<void>) => Promise<void>> = {
    async 'a pg client'(work) {
      await connection.query('begin')
      await work(connection)
      await connection.query('commit')
    },
    async 'a pooled pg client'(work) {
      const client = await pool.connect()
      await client.query('begin')
      await work(client)
      await client.query('commit')
      client.release()
    },
    async 'a pg client that does not tell its state'(work) {
      await connection.query('begin')
      await work({ query: (text, values) => connection.query(text, values) })
      await connection.query('commit')
    },
    async 'a Kysely transaction'(work) {
      await kysely.transaction().execute(work)
    },
    async 'a plain function'(work) {
      await connection.query('begin')
      await work(executorOn(connection))
      await connection.query('commit')
    },
  }

  test.each(Object.keys(handles))(
    '%s appends one event, and many in their order, and says where they stand',
    async (name) => {
      await handles[name]!(async (handle) => {
        const one = await append(handle, event('one'))
        const many = await append(
          handle,
          Array.from({ length: 20 }, (_, i) => event(`many ${i}`)),
        )
        expect(many.map((each) => each.position)).toEqual(Array.from({ length: 20 }, (_, i) => one.position + 1 + i))
        expect(new Set([one, ...many].map((each) => each.id)).size).toBe(21)
      })
      const rows = await stored()
      expect(rows.map((row) => row['name'])).toEqual(['one', ...Array.from({ length: 20 }, (_, i) => `many ${i}`)])
    },
  )

  test('stores what Debezium reads, the headers, and the type in the payload', async () => {
    const id = '018f2c5e-0000-7000-8000-000000000001'
    await connection.query('begin')
    await append(
      connection,
      event('m1', { id, headers: { traceparent: '00-ab' }, payload: { note: 'a "b" \\ \n {c}' } }),
    )
    await append(connection, [event('m2', { payload: { note: 'a "b" \\ \n {c}, null' } })])
    await connection.query('commit')
    const { rows } = await connection.query(
      `select id, aggregatetype, aggregateid, type, payload, headers, recorded_at between now() - interval '1 minute' and clock_timestamp() as timely
       from cornerman.outbox order by position`,
    )
    const common = { aggregatetype: 'match', type: 'MatchCompleted', timely: true }
    expect(rows).toEqual([
      {
        ...common,
        id,
        aggregateid: 'm1',
        headers: { traceparent: '00-ab' },
        payload: { type: 'MatchCompleted', note: 'a "b" \\ \n {c}' },
      },
      {
        ...common,
        id: expect.any(String),
        aggregateid: 'm2',
        headers: {},
        payload: { type: 'MatchCompleted', note: 'a "b" \\ \n {c}, null' },
      },
    ])
  })

  test('appends nothing for an empty list', async () => {
    expect(await append(connection, [])).toEqual([])
  })

  test('appends nothing when the transaction, or the savepoint that it stood in, is rolled back', async () => {
    await connection.query('begin')
    await append(connection, event('kept'))
    await connection.query('savepoint tried')
    await append(connection, event('tried'))
    await connection.query('rollback to tried')
    await connection.query('commit')
    await kysely
      .transaction()
      .execute(async (transaction) => {
        await append(transaction, event('gone'))
        throw new Error('no')
      })
      .catch(() => undefined)
    expect((await stored()).map((row) => row['name'])).toEqual(['kept'])
  })

  test('leaves a savepoint of the caller alone', async () => {
    const execute = executorOn(connection)
    await connection.query('begin; savepoint mine')
    await Promise.all([append(execute, event('a')), append(execute, event('b'))])
    await connection.query('rollback to mine; release mine; commit')
    expect(await stored()).toEqual([])
  })

  test('says so when the function keeps the rows to itself', async () => {
    await connection.query('begin')
    const keeps = (async (text: string, values: unknown[]) =>
      connection.query(text, values)) as unknown as TransactionExecutor
    await expect(append(keeps, event('a'))).rejects.toMatchObject({
      code: 'HANDLE_UNKNOWN',
      hint: expect.stringContaining('must return its rows'),
    })
    await connection.query('rollback')
  })
})

describe('appending outside a transaction', () => {
  const outside: Record<string, () => TransactionHandle> = {
    'a pg pool': () => pool,
    'a pg client without begin': () => connection,
    'the Kysely database': () => kysely as unknown as TransactionHandle,
    'a function that commits each statement': () => executorOn(pool),
  }

  test.each(Object.keys(outside))('refuses %s, and appends nothing', async (name) => {
    for (const events of [event('one'), [event('a'), event('b')]]) {
      const appending = append(outside[name]!(), events as NewEvent)
      await expect(appending).rejects.toMatchObject({
        code: 'NOT_IN_TRANSACTION',
        hint: expect.stringContaining('begin a transaction and pass its handle'),
      })
    }
    expect(await stored()).toEqual([])
  })

  test.each([
    ['Drizzle', (cause: unknown) => new Error('Failed query', { cause })],
    ['TypeORM', (driverError: unknown) => Object.assign(new Error('failed'), { driverError })],
    [
      'Prisma',
      (fault: unknown) =>
        Object.assign(new Error('failed'), { code: 'P2010', meta: { code: (fault as { code: string }).code } }),
    ],
  ])('refuses it also when the fault comes as %s wraps it', async (_, wrap) => {
    const wrapping: TransactionExecutor = async (text, values) => {
      try {
        return await executorOn(pool)(text, values)
      } catch (error) {
        throw wrap(error)
      }
    }
    await expect(append(wrapping, event('a'))).rejects.toMatchObject({ code: 'NOT_IN_TRANSACTION' })
  })

  test('refuses a client whose transaction has just ended', async () => {
    await connection.query('begin')
    await connection.query('commit')
    await expect(append(connection, event('late'))).rejects.toMatchObject({ code: 'NOT_IN_TRANSACTION' })
  })

  test.each([[undefined], [null], [42], ['postgres://localhost'], [{}], [{ query: 'select 1' }], [new Map()]])(
    'refuses %o, which is no handle at all',
    async (handle) => {
      await expect(append(handle as unknown as TransactionHandle, event('a'))).rejects.toMatchObject({
        code: 'HANDLE_UNKNOWN',
        hint: expect.stringContaining('pass a pg client'),
      })
    },
  )

  test('passes on whatever else the server says', async () => {
    await connection.query('begin')
    await expect(connection.query('select 1 / 0')).rejects.toThrow('division by zero')
    await expect(append(connection, event('a'))).rejects.toMatchObject({ code: '25P02' })
    await connection.query('rollback')
  })
})

test('an event that is invalid is refused before the database is asked', async () => {
  await expect(append(pool, event(''))).rejects.toMatchObject({ code: 'EVENT_INVALID' })
  await expect(append(pool, [event('a'), event('')])).rejects.toMatchObject({ code: 'EVENT_INVALID' })
})

describe('the clause', () => {
  test('makes the change and its event one statement, in a transaction or alone', async () => {
    await connection.query("insert into matches values ('m1', 0)")
    const { text, values } = appendClause(event('m1'), 3)
    const { rows } = await connection.query(
      `with appended as (${text}) update matches set score = $2 where id = $1 returning score, (select position from appended)`,
      ['m1', 3, ...values],
    )
    expect(rows).toEqual([{ score: 3, position: (await stored())[0]!['position'] }])
  })

  test('takes many events too, and keeps their order', async () => {
    const { text, values } = appendClause([event('m1'), event('m2'), event('m3')], 2)
    const { rows } = await connection.query(
      `with appended as (${text}) select $1::int as given, count(*)::int, max(position) as last from appended`,
      [7, ...values],
    )
    const there = await stored()
    expect(there.map((row) => row['name'])).toEqual(['m1', 'm2', 'm3'])
    expect(rows).toEqual([{ given: 7, count: 3, last: there[2]!['position'] }])
  })

  test('appends nothing when the statement fails', async () => {
    const { text, values } = appendClause(event('m1'))
    await expect(connection.query(`with appended as (${text}) select 1 / 0 from appended`, values)).rejects.toThrow()
    expect(await stored()).toEqual([])
  })
})
