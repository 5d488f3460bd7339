import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'vitest'
import { isReflected } from '../freshness/watermark.ts'
import { append } from '../outbox/append.ts'
import { requestRefresh } from './fanOut.ts'
import { Inventory } from '../testing/inventory.ts'
import { things } from '../testing/things.ts'
import { until } from '../testing/waits.ts'

let inventory: Inventory

beforeEach(async () => {
  inventory = await Inventory.open()
})

afterEach(() => inventory.close())

describe('a projector', () => {
  test('builds the read model from what is there, and shows it to readers when it is whole', async () => {
    const seen: number[] = []
    inventory.start({
      settings: { fanOutKeysMax: 3 },
      projections: [
        things({
          wrap: (store) => ({
            promote: async (to, from) => {
              seen.push((await store.scan(to, { limit: 100 })).length)
              return store.promote(to, from)
            },
          }),
        }),
      ],
    })
    await inventory.built()
    await inventory.assertRight()
    assert.deepEqual(seen, [20])
  })

  test('brings inserts, updates and deletes to readers', async () => {
    inventory.start()
    await inventory.built()
    await inventory.change(`insert into things values (21, 2, 'new', 5, 1)`, { type: 'ThingChanged', id: 21 })
    await inventory.change(`update things set name = 'renamed' where id = 3`, { type: 'ThingChanged', id: 3 })
    await inventory.change('update things set hidden = true where id = 4', { type: 'ThingChanged', id: 4 })
    await inventory.reflects(await inventory.change('delete from things where id = 5', { type: 'ThingChanged', id: 5 }))
    await inventory.assertRight()
    assert.equal((await inventory.documents())!['5'], undefined)
  })

  test('asks the database for the keys of an event', async () => {
    inventory.start()
    await inventory.built()
    await inventory.reflects(
      await inventory.change('update things set count = count + 1 where shelf = 1', { type: 'ShelfChanged', shelf: 1 }),
    )
    await inventory.assertRight()
  })

  test('comes to the same end from duplicates, and from events in any order', async () => {
    inventory.start()
    await inventory.built()
    await inventory.change(`update things set name = 'one' where id = 1`, { type: 'ThingChanged', id: 1 })
    await inventory.change(`update things set name = 'two' where id = 1`, { type: 'ThingChanged', id: 1 })
    const { rows } = await inventory.write.query<{ position: number }>(
      `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload)
       select aggregatetype, aggregateid, type, payload from cornerman.outbox, generate_series(1, 3) where type = 'ThingChanged' order by position desc
       returning position`,
    )
    await inventory.reflects(rows.at(-1)!.position)
    await inventory.assertRight()
  })

  test('writes a key once, however many events of a batch name it', async () => {
    const written: number[] = []
    inventory.start({
      projections: [
        things({
          wrap: (store) => ({
            write: (ref, version, documents) => (written.push(documents.length), store.write(ref, version, documents)),
          }),
        }),
      ],
    })
    await inventory.built()
    written.length = 0
    await inventory.reflects(
      await inventory.change(
        'update things set count = 7 where id = 2',
        ...Array.from({ length: 200 }, () => ({ type: 'ThingChanged' as const, id: 2 })),
      ),
    )
    assert.deepEqual(written, [1])
  })

  test('is not held up by a long transaction, and shows its change when it commits', async () => {
    inventory.start()
    await inventory.built()
    const slow = await inventory.another()
    await slow.query('begin')
    await slow.query(`update things set name = 'slow' where id = 9`)
    const held = await append(slow, {
      type: 'ThingChanged',
      aggregateType: 'thing',
      aggregateId: '9',
      payload: { id: 9 },
    })
    await inventory.reflects(
      await inventory.change(`update things set name = 'quick' where id = 8`, { type: 'ThingChanged', id: 8 }),
    )
    await inventory.assertRight()
    assert.equal(isReflected(await inventory.watermarks(), held.position), false)
    await slow.query('commit')
    await inventory.reflects(held.position)
    await inventory.assertRight()
  })

  test('says that it is fresh while nothing happens', async () => {
    inventory.start()
    await inventory.built()
    const [built] = await inventory.watermarks()
    await until(
      'what the first build wrote is told',
      async () => (await inventory.watermarks())[0]!.position >= built!.position + 2,
    )
    const [before] = await inventory.watermarks()
    await until(
      'the watermark moves by heartbeats alone',
      async () => (await inventory.watermarks())[0]!.position >= before!.position + 3,
    )
    const [after] = await inventory.watermarks()
    assert.ok(after!.atMs > before!.atMs + 1_000)
    assert.ok(after!.stalenessMs < 1_000)
    assert.equal(after!.contentPosition, before!.contentPosition)
  })

  test('forgets tombstones after days, and no sooner', async () => {
    const first = inventory.start()
    await inventory.built()
    await inventory.reflects(
      await inventory.change(
        'delete from things where id in (4, 5)',
        { type: 'ThingChanged', id: 4 },
        { type: 'ThingChanged', id: 5 },
      ),
    )
    await first.stop()
    await inventory.read.query(
      `update read_models.things_v1_g1 set _deleted_at = now() - interval '4 days' where id = 4`,
    )
    inventory.start()
    const tombstones = async () =>
      (await inventory.read.query('select id from read_models.things_v1_g1 where document is null')).rows
    await until('one is forgotten', async () => (await tombstones()).length < 2)
    assert.deepEqual(await tombstones(), [{ id: 5 }])
  })

  test('makes way for the other process, which goes on where this one ended', async () => {
    const first = inventory.start()
    await inventory.built()
    inventory.start()
    await until('the second stands by', () =>
      inventory.log.some((line) => line.startsWith('another process is active')),
    )
    await first.stop()
    await inventory.reflects(
      await inventory.change(`update things set name = 'after' where id = 1`, { type: 'ThingChanged', id: 1 }),
    )
    await inventory.assertRight()
  })
})

describe('a refresh', () => {
  const of = { projection: 'things', store: 'postgres', versions: [1] }

  test('of all keys mends what no event told of, both ways', async () => {
    inventory.start({ settings: { fanOutKeysMax: 4 } })
    await inventory.built()
    await inventory.write.query(
      `update things set name = 'forgotten' where id in (2, 17); delete from things where id = 5; insert into things values (30, 3, 'unknown', 1, 1)`,
    )
    await inventory.read.query(`update read_models.things_v1_g1 set document = '{"edited": "by hand"}' where id = 8`)
    await inventory.read.query(
      `insert into read_models.things_v1_g1 (id, document, _version) values (99, '{"name": "ghost"}', 1)`,
    )
    await requestRefresh(inventory.write, of, { reason: 'test' })
    await until(
      'the refresh is done',
      async () => (await inventory.value<number>('select count(*) from cornerman.fanouts')) === 0,
    )
    await inventory.assertRight()
  })

  test('of some keys touches no other', async () => {
    inventory.start()
    await inventory.built()
    await inventory.write.query(`update things set name = 'forgotten' where id in (2, 17)`)
    await requestRefresh(inventory.write, of, { reason: 'test', keys: [['17']] })
    await until(
      'the refresh is done',
      async () => (await inventory.value<number>('select count(*) from cornerman.fanouts')) === 0,
    )
    const documents = (await inventory.documents()) as Record<string, { name: string }>
    assert.deepEqual([documents['2']!.name, documents['17']!.name], ['thing 2', 'forgotten'])
  })
})
