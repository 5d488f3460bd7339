import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually, type Running } from '../testing/commandLine.ts'
import { newPrimary, newReadDatabase, withConnection } from '../testing/databases.ts'
import { openShop, orderId, type Shop } from '../testing/shop.ts'

let shop: Shop
let reads: string

beforeEach(async () => {
  reads = await newReadDatabase()
  shop = await openShop({ primary: await newPrimary(), reads })
})

afterEach(() => shop.close())

async function projecting(): Promise<Running> {
  await shop.cli.run('project', '--once')
  const running = shop.cli.start('project')
  await eventually(async () => {
    const { rows } = await shop.connection.query(
      `select 1 from cornerman.leases where name like 'projector/%' and token is not null`,
    )
    return rows.length > 0 ? true : undefined
  }, 'the projector')
  return running
}

const shares = () =>
  withConnection(reads, async (connection) => {
    const { rows } = await connection.query<{ share: number }>('select share from read_models.orders_v1 order by id')
    return rows.map((row) => row.share)
  })

/** What an event forgot to name, or a hand has changed in the store. */
const tamper = () =>
  withConnection(reads, (connection) =>
    connection.query(
      `update read_models.orders_v1_g1 set share = share + 1, document = jsonb_build_object('share', share + 1)`,
    ),
  )

const openRefreshes = async () =>
  (await shop.connection.query<{ kind: string; keys: string[][] | null }>('select kind, keys from cornerman.fanouts'))
    .rows

test('all documents are read anew, and whatever else lies in the store goes', async () => {
  const running = await projecting()
  await tamper()
  await withConnection(reads, (connection) =>
    connection.query(
      `insert into read_models.orders_v1_g1 (id, share, document, _version) values ('${orderId(99)}', 1, '{}', 1)`,
    ),
  )
  expect(await shares()).toEqual([11, 21, 31, 1])
  expect(await shop.cli.run('refresh', 'orders')).toEqual({
    code: 0,
    out: 'refreshed all keys of orders v1\n',
    err: '',
  })
  expect(await shares()).toEqual([10, 20, 30])
  running.interrupt()
  await running.ended
})

test('--key reads these alone', async () => {
  const running = await projecting()
  await tamper()
  const keys = ['--key', orderId(1).toUpperCase(), '--key', JSON.stringify([orderId(3)])]
  expect(await shop.cli.run('refresh', 'orders', ...keys)).toEqual({
    code: 0,
    out: 'refreshed 2 keys of orders v1\n',
    err: '',
  })
  expect(await shares()).toEqual([10, 21, 30])
  running.interrupt()
  await running.ended
})

test('--no-wait only asks, and says where to look', async () => {
  expect(await shop.cli.run('refresh', 'orders', '--key', orderId(2), '--no-wait')).toEqual({
    code: 0,
    out: 'asked for 1 key of orders v1: `cornerman status` shows how far it is\n',
    err: '',
  })
  expect(await openRefreshes()).toEqual([{ kind: 'keys', keys: [[orderId(2)]] }])
  const { out } = await shop.cli.run('refresh', 'orders', '--no-wait', '--json')
  expect(JSON.parse(out)).toEqual({ projection: 'orders', requested: [expect.any(Number)] })
})

test.each([
  ['no-uuid', '"no-uuid" is not a key: invalid input syntax for type uuid: "no-uuid"'],
  ['["a","b"]', '"[\\"a\\",\\"b\\"]" is not a key: expected a key of 1 parts (id), got: ["a","b"]'],
  ['[null]', '"[null]" is not a key: id is null in the key [null]'],
  ['[["a"]]', '"[[\\"a\\"]]" is not a key: id is neither text nor a number in the key [["a"]]'],
  ['["a', '"[\\"a" is not a key: invalid input syntax for type uuid: "["a"'],
])('a malformed key such as %s is refused before anything is asked for', async (key, message) => {
  const { code, out, err } = await shop.cli.run('refresh', 'orders', '--key', orderId(1), '--key', key)
  expect([code, out]).toEqual([1, ''])
  expect(err).toBe(
    `KEY_MALFORMED: ${message}\nTry: --key 'id', with the values in place of the names; or as JSON, when a value has a comma in it: --key '["id"]'\n`,
  )
  expect(await openRefreshes()).toEqual([])
})

test('without a projector it says so and waits, until Ctrl-C', async () => {
  const running = shop.cli.start('refresh', 'orders')
  await eventually(() => (running.err() === '' ? undefined : true), 'a word of the wait')
  expect(running.err()).toBe(
    'no projector of orders is active: this waits until one is\nTry: cornerman project orders\n',
  )
  running.interrupt()
  const { code, err } = await running.ended
  expect(code).toBe(130)
  expect(err).toContain(
    'INTERRUPTED: stopped waiting; the refresh goes on in the projector\nTry: `cornerman status` shows how far it is\n',
  )
  expect(await openRefreshes()).toMatchObject([{ kind: 'all' }])
})

test('keys that cannot be read are named, with exit code 1', async () => {
  const running = await projecting()
  await shop.connection.query('alter table orders disable trigger user; update orders set shares = 0 where total = 20')
  expect(await shop.cli.run('refresh', 'orders')).toEqual({
    code: 1,
    out: `refreshed all keys of orders v1; 1 parked:\n  ${orderId(2)}: division by zero\nTry: mend the cause, then cornerman retry orders\n`,
    err: '',
  })
  expect(await shop.cli.run('refresh', 'orders', '--key', orderId(1))).toMatchObject({ code: 0 })
  const { code, out } = await shop.cli.run('refresh', 'orders', '--key', orderId(2), '--json')
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({
    parked: [{ key: orderId(2), code: 'DOCUMENT_FAILED', reason: 'division by zero' }],
  })
  running.interrupt()
  await running.ended
})
