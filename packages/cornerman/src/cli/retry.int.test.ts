import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { append } from '../outbox/append.ts'
import { eventually, type Running } from '../testing/commandLine.ts'
import { newPrimary, newReadDatabase } from '../testing/databases.ts'
import { openShop, orderId, type Shop } from '../testing/shop.ts'

let shop: Shop
let running: Running

/** Two orders that cannot be computed, and an event whose key is none; none of them due by itself for long. */
beforeEach(async () => {
  shop = await openShop({ primary: await newPrimary(), reads: await newReadDatabase() })
  await shop.connection.query('update orders set shares = 0 where total < 30')
  await shop.cli.run('project', '--once')
  running = shop.cli.start('project')
  await shop.connection.query('begin')
  await append(shop.connection, {
    type: 'OrderGuessed',
    aggregateType: 'order',
    aggregateId: '1',
    payload: { guess: 'no,uuid' },
  })
  await shop.connection.query('commit')
  await eventually(async () => ((await parked()).length === 3 ? true : undefined), 'three parked keys')
  await shop.connection.query(`update cornerman.parked_keys set retry_at = now() + interval '1 hour'`)
})

afterEach(() => shop.close())

async function parked(): Promise<string[]> {
  const { rows } = await shop.connection.query<{ key: string[] }>('select key from cornerman.parked_keys order by key')
  return rows.map(({ key }) => key.join(', '))
}

/** Mends the cause without an event, which would do the work of the retry. */
const mend = (which: string) =>
  shop.connection.query(
    `alter table orders disable trigger user; update orders set shares = 1 where ${which}; alter table orders enable trigger user`,
  )

describe('retry', () => {
  test('tries all, and says what is written and what is still parked', async () => {
    await mend('total = 10')
    expect(await shop.cli.run('retry', 'orders')).toEqual({
      code: 1,
      out: [
        '1 of 3 written; still parked:',
        `  ${orderId(2)}: division by zero`,
        '  no,uuid: invalid input syntax for type uuid: "no,uuid"',
        '',
      ].join('\n'),
      err: '',
    })
    await mend('total = 20')
    const { code, out } = await shop.cli.run('retry', 'orders', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toEqual({
      retried: 2,
      written: 1,
      parked: [expect.objectContaining({ what: 'key', name: 'no,uuid', tried: true })],
    })
  })

  test('--key tries these alone', async () => {
    await mend('true')
    expect(await shop.cli.run('retry', 'orders', '--key', orderId(2))).toEqual({
      code: 0,
      out: '1 of 1 written\n',
      err: '',
    })
    expect(await parked()).toEqual([orderId(1), 'no,uuid'])
  })

  test('says which of the keys is not parked', async () => {
    await mend('true')
    expect(await shop.cli.run('retry', 'orders', '--key', orderId(3), '--key', orderId(1))).toEqual({
      code: 1,
      out: `${orderId(3)} is not parked\n1 of 1 written\n`,
      err: '',
    })
  })

  test('says so when nothing is parked', async () => {
    await mend('true')
    await shop.cli.run('retry', 'orders', '--discard', '--key', 'no,uuid')
    expect(await shop.cli.run('retry', 'orders')).toMatchObject({ code: 0, out: '2 of 2 written\n' })
    expect(await shop.cli.run('retry', 'orders')).toEqual({ code: 0, out: 'nothing of orders is parked\n', err: '' })
  })

  test('without a projector says so and waits, until Ctrl-C', async () => {
    running.interrupt()
    await running.ended
    const retrying = shop.cli.start('retry', 'orders')
    await eventually(() => (retrying.err() === '' ? undefined : true), 'a word of the wait')
    expect(retrying.err()).toBe(
      'no projector of orders is active: this waits until one is\nTry: cornerman project orders\n',
    )
    retrying.interrupt()
    expect((await retrying.ended).code).toBe(130)
  })
})

describe('retry --discard', () => {
  test('forgets what is named, in any of its forms, and nothing else', async () => {
    expect(
      await shop.cli.run('retry', 'orders', '--discard', '--key', 'no,uuid', '--key', JSON.stringify([orderId(1)])),
    ).toEqual({
      code: 0,
      out: `forgot ${orderId(1)}; no,uuid\n`,
      err: '',
    })
    expect(await parked()).toEqual([orderId(2)])
  })

  test('says which of the keys is not parked', async () => {
    expect(await shop.cli.run('retry', 'orders', '--discard', '--key', orderId(3))).toEqual({
      code: 1,
      out: `${orderId(3)} is not parked\n`,
      err: '',
    })
    expect(await parked()).toHaveLength(3)
  })
})

test('a parked event is retried and forgotten by the name that status shows', async () => {
  await shop.connection.query(
    `insert into cornerman.parked_events (projection, store, version, source, position, event_id, type, body, code, reason)
     values ('orders', 'postgres', 1, 'outbox', 17, 'x', 'OrderGuessed', '"no object"', 'MAPPING_FAILED', 'the payload is not an object')`,
  )
  const name = 'OrderGuessed at outbox 17'
  const { code, out } = await shop.cli.run('retry', 'orders', '--key', name)
  expect(code).toBe(1)
  expect(out).toBe(`0 of 1 written; still parked:\n  ${name}: the payload is not an object: "no object"\n`)
  expect(await shop.cli.run('retry', 'orders', '--discard', '--key', name)).toMatchObject({
    code: 0,
    out: `forgot ${name}\n`,
  })
  const { rows } = await shop.connection.query('select 1 from cornerman.parked_events')
  expect(rows).toEqual([])
})
