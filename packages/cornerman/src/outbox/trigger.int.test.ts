import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection } from '../database.ts'
import { identifier } from '../sql.ts'
import { newPrimary } from '../testing/databases.ts'
import { as, newRole } from '../testing/roles.ts'
import { outboxTrigger, type TriggerOptions } from './trigger.ts'

let url: string
let connection: Connection

beforeEach(async () => {
  url = await newPrimary()
  connection = await connect({ url, applicationName: 'trigger' })
})

afterEach(() => connection.end())

const apply = async (options: TriggerOptions) => connection.query(await outboxTrigger(connection, options))

const events = async () =>
  (await connection.query('select aggregatetype, aggregateid, type, payload from cornerman.outbox order by position'))
    .rows

const types = async () => (await events()).map((event) => event['type'])

describe('the trigger', () => {
  test('appends an event for each row that is inserted, updated and deleted', async () => {
    await connection.query('create table orders (id uuid primary key, customer_id int, note text)')
    await apply({ table: 'public.orders', columns: ['customer_id'], aggregateType: 'order' })
    const id = '018f2c5e-0000-7000-8000-000000000001'
    await connection.query('insert into orders values ($1, 7, $2)', [id, 'private'])
    await connection.query('update orders set customer_id = 8')
    await connection.query('delete from orders')
    const common = { aggregatetype: 'order', aggregateid: id }
    expect(await events()).toEqual([
      { ...common, type: 'OrdersInserted', payload: { type: 'OrdersInserted', id, customer_id: '7' } },
      {
        ...common,
        type: 'OrdersUpdated',
        payload: { type: 'OrdersUpdated', id, customer_id: '8', previous: { id, customer_id: '7' } },
      },
      { ...common, type: 'OrdersDeleted', payload: { type: 'OrdersDeleted', id, customer_id: '8' } },
    ])
  })

  test('names both keys when a key moves', async () => {
    await connection.query('create table seats (hall text, seat int, primary key (seat, hall))')
    await apply({ table: 'seats' })
    await connection.query(`insert into seats values ('A', 1), ('B', 2); update seats set hall = 'C' where seat = 2`)
    const last = (await events()).at(-1)
    expect(last).toEqual({
      aggregatetype: 'seats',
      aggregateid: '2,C',
      type: 'SeatsUpdated',
      payload: { type: 'SeatsUpdated', seat: '2', hall: 'C', previous: { seat: '2', hall: 'B' } },
    })
  })

  test('appends in the writer’s transaction, one event for each row', async () => {
    await connection.query('create table things (id int primary key)')
    await apply({ table: 'things' })
    await connection.query('begin; insert into things select generate_series(1, 3); rollback')
    expect(await types()).toEqual([])
    await connection.query('insert into things select generate_series(1, 3)')
    expect((await events()).map((event) => event['aggregateid'])).toEqual(['1', '2', '3'])
  })

  test('lets a writer append that has no right to the outbox', async () => {
    await connection.query('create table things (id int primary key)')
    await apply({ table: 'things' })
    const role = await newRole(url)
    await connection.query(`grant insert on things to ${identifier(role)}`)
    const writer = await connect({ url: as(url, role), applicationName: 'writer' })
    await writer.query('insert into things values (1)')
    await writer.end()
    expect(await types()).toEqual(['ThingsInserted'])
  })

  test('writes keys as the toolkit prints them, whatever the session of the writer prints', async () => {
    await connection.query(
      'create table odd (at timestamptz, big bigint, exact numeric, rough float8, raw bytea, span interval, primary key (at, big, exact, rough, raw, span))',
    )
    await apply({ table: 'odd' })
    await connection.query(`
      set timezone = 'Asia/Tokyo'; set datestyle = 'SQL, DMY'; set intervalstyle = 'sql_standard'; set extra_float_digits = -5; set bytea_output = 'escape';
      insert into odd values ('2024-02-01 12:00:00+00', 9007199254740993, 1.50, 0.1 + 0.2::float8, '\\x00ff', '1 day 2 hours')`)
    expect((await events())[0]!['payload']).toEqual({
      type: 'OddInserted',
      at: '2024-02-01 12:00:00+00',
      big: '9007199254740993',
      exact: '1.50',
      rough: '0.30000000000000004',
      raw: '\\x00ff',
      span: '1 day 02:00:00',
    })
  })

  test('may be put on again, with other columns', async () => {
    await connection.query('create table things (id int primary key, parent int)')
    await apply({ table: 'things' })
    await apply({ table: 'things', columns: ['parent'] })
    await connection.query('insert into things values (1, 2)')
    expect((await events()).map((event) => event['payload'])).toEqual([
      { type: 'ThingsInserted', id: '1', parent: '2' },
    ])
  })

  test('of two tables of one name in two schemas are two', async () => {
    await connection.query(
      'create schema shop; create table orders (id int primary key); create table shop.orders (number int primary key)',
    )
    await apply({ table: 'public.orders', aggregateType: 'order' })
    await apply({ table: 'shop.orders', aggregateType: 'shop order' })
    await connection.query('insert into orders values (1); insert into shop.orders values (2)')
    expect((await events()).map((event) => [event['aggregatetype'], event['payload']])).toEqual([
      ['order', { type: 'OrdersInserted', id: '1' }],
      ['shop order', { type: 'OrdersInserted', number: '2' }],
    ])
  })

  test('takes the columns of the key only, not those that the index carries along', async () => {
    await connection.query('create table things (id int, note text, primary key (id) include (note))')
    await apply({ table: 'things' })
    await connection.query(`insert into things values (1, 'private')`)
    expect((await events())[0]!['payload']).toEqual({ type: 'ThingsInserted', id: '1' })
  })

  test('of a partitioned table watches all its partitions', async () => {
    await connection.query(
      'create table logs (id int primary key) partition by range (id); create table logs_1 partition of logs for values from (1) to (10)',
    )
    await apply({ table: 'logs' })
    await connection.query('insert into logs values (1); insert into logs_1 values (2)')
    expect(await types()).toEqual(['LogsInserted', 'LogsInserted'])
  })
})

describe('odd names', () => {
  test.each([
    ['Order Lines', 'Order Lines', 'OrderLines'],
    ['Order Lines', 'public.Order Lines', 'OrderLines'],
    ['Order Lines', '"Order Lines"', 'OrderLines'],
    ['Order Lines', 'public."Order Lines"', 'OrderLines'],
    ['orders', 'ORDERS', 'Orders'],
    [`it's "quoted" $$`, `it's "quoted" $$`, 'ItSQuoted'],
    ['straße', 'straße', 'Straße'],
    ['--', '--', 'Row'],
    [
      'a_name_that_is_as_long_as_postgresql_lets_a_name_of_a_table_be',
      'a_name_that_is_as_long_as_postgresql_lets_a_name_of_a_table_be',
      'ANameThatIsAsLongAsPostgresqlLetsANameOfATableBe',
    ],
  ])('the table %s is found as %s', async (table, given, event) => {
    await connection.query(`create table ${identifier(table)} ("Line $$ No" int primary key)`)
    await apply({ table: given })
    await connection.query(`insert into ${identifier(table)} values (1)`)
    expect(await events()).toEqual([
      {
        aggregatetype: table,
        aggregateid: '1',
        type: `${event}Inserted`,
        payload: { type: `${event}Inserted`, 'Line $$ No': '1' },
      },
    ])
  })

  test('the exact name goes before the one in small letters', async () => {
    await connection.query('create table orders (id int primary key); create table "Orders" (id int primary key)')
    await apply({ table: 'Orders' })
    await connection.query('insert into orders values (1); insert into "Orders" values (2)')
    expect((await events()).map((each) => each['aggregateid'])).toEqual(['2'])
  })
})

const refused = (options: TriggerOptions) => expect(outboxTrigger(connection, options)).rejects

describe('what cannot be watched', () => {
  test('is named, with the cure', async () => {
    await connection.query(
      'create table keyless (id int); create table things (id int primary key, name text, type text); create view seen as select 1 as id; create table typed (type text primary key)',
    )
    await refused({ table: 'shop.orders' }).toMatchObject({
      code: 'TABLE_UNKNOWN',
      message: 'there is no table shop.orders',
      hint: 'name it with its schema: public.orders',
    })
    await refused({ table: 'seen' }).toMatchObject({ message: 'there is no table seen' })
    await refused({ table: 'an "odd name' }).toMatchObject({ code: 'TABLE_UNKNOWN' })
    await refused({ table: 'keyless' }).toMatchObject({
      code: 'TABLE_UNKNOWN',
      message: 'the table public.keyless has no primary key',
      hint: expect.stringContaining('add one'),
    })
    await refused({ table: 'things', columns: ['name', 'nome', 'size'] }).toMatchObject({
      code: 'TABLE_UNKNOWN',
      message: 'public.things has no column nome, size',
      hint: 'its columns: id, name, type',
    })
    for (const options of [{ table: 'things', columns: ['type'] }, { table: 'typed' }])
      await refused(options).toMatchObject({
        code: 'TABLE_UNKNOWN',
        message: expect.stringContaining('the column type of'),
      })
  })
})
