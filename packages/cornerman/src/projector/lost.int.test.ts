import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'vitest'
import { connect } from '../database.ts'
import { append } from '../outbox/append.ts'
import { Inventory } from '../testing/inventory.ts'
import { type StoreWrapper, things } from '../testing/things.ts'
import { until } from '../testing/waits.ts'

let inventory: Inventory

beforeEach(async () => {
  inventory = await Inventory.open()
})

afterEach(() => inventory.close())

const trustedAgain = () =>
  until('the read model can be trusted again', async () => {
    const [watermark] = await inventory.watermarks()
    return (
      watermark !== undefined &&
      watermark.lost === null &&
      (await inventory.value('select lost from cornerman.checkpoints')) === null
    )
  })

const saysLost = () => until('readers are told', async () => (await inventory.watermarks())[0]?.lost != null)

describe('a store that has lost writes', () => {
  test('all of it: it is filled again from the primary, and readers get nothing rather than an empty list', async () => {
    const first = inventory.start()
    await inventory.built()
    await first.stop()
    await inventory.read.query(
      `drop view read_models.things_v1; drop table read_models.things_v1_g1; truncate cornerman.store_generations, cornerman.store_live, cornerman.store_watermarks`,
    )
    inventory.start()
    await inventory.built()
    await inventory.assertRight()
    assert.ok(inventory.log.some((line) => line.startsWith('the read store has lost a generation')))
  })

  test('while the projector runs: the same', async () => {
    inventory.start()
    await inventory.built()
    await inventory.read.query(
      `drop view read_models.things_v1; drop table read_models.things_v1_g1; truncate cornerman.store_generations, cornerman.store_live, cornerman.store_watermarks`,
    )
    await inventory.change(`update things set name = 'later' where id = 1`, { type: 'ThingChanged', id: 1 })
    await until('the read model is there again', async () => (await inventory.documents()) !== undefined)
    await trustedAgain()
    await inventory.assertRight()
  })

  test('some of it: an older watermark than was written is noticed, and all keys are refreshed, both ways', async () => {
    const first = inventory.start()
    await inventory.built()
    await inventory.reflects(await inventory.change('delete from things where id = 5', { type: 'ThingChanged', id: 5 }))
    const before = await inventory.read.query('select * from read_models.things_v1_g1 where id in (1, 5)')
    const watermark = await inventory.read.query('select to_jsonb(w) as row from cornerman.store_watermarks w')
    await inventory.reflects(
      await inventory.change(`update things set name = 'lost' where id = 1`, { type: 'ThingChanged', id: 1 }),
    )
    await first.stop()
    // The store goes back to what it was: an older watermark, an older document, and one that was deleted since.
    await inventory.read.query('truncate cornerman.store_watermarks')
    await inventory.read.query(
      'insert into cornerman.store_watermarks select * from jsonb_populate_record(null::cornerman.store_watermarks, $1)',
      [watermark.rows[0]!['row']],
    )
    await inventory.read.query(`update read_models.things_v1_g1 set document = $1, _version = $2 where id = 1`, [
      before.rows[0]!['document'],
      before.rows[0]!['_version'],
    ])
    await inventory.read.query(
      `update read_models.things_v1_g1 set document = '{"name": "thing 5"}', _deleted_at = null, _version = 1 where id = 5`,
    )
    const held = Promise.withResolvers<void>()
    const wrap: StoreWrapper = (store) => ({ write: (...write) => held.promise.then(() => store.write(...write)) })
    inventory.start({ projections: [things({ wrap })] })
    await saysLost()
    held.resolve()
    await trustedAgain()
    await inventory.assertRight()
  })

  test('its watermark: that is noticed while it runs, and never taken for fresh', async () => {
    inventory.start()
    await inventory.built()
    await inventory.read.query('delete from cornerman.store_watermarks')
    await until('it is noticed', () => inventory.log.some((line) => /LOST/.test(line) && /missing/.test(line)))
    await trustedAgain()
    await inventory.assertRight()
  })
})

describe('another history of the primary', { timeout: 300_000 }, () => {
  /** To drop or copy a database PostgreSQL waits for every backend of the server, those of other suites included. */
  const administrator = (applicationName: string) =>
    connect({
      url: new URL('/postgres', inventory.urls.DATABASE_URL).href,
      applicationName,
      statementTimeoutMs: 200_000,
    })

  /** Puts the primary back to a copy of what it was. */
  async function restore(copy: string): Promise<void> {
    const name = new URL(inventory.urls.DATABASE_URL).pathname.slice(1)
    const admin = await administrator('restore')
    await admin.query(`alter database ${name} allow_connections false`)
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    await until(
      'everybody has left',
      async () => (await admin.query(`select 1 from pg_stat_activity where datname = '${name}'`)).rows.length === 0,
    )
    await admin.query(`drop database ${name}`)
    await admin.query(`create database ${name} template ${copy}`)
    await admin.query(`drop database ${copy}`)
    await admin.end()
  }

  async function backup(): Promise<string> {
    const name = new URL(inventory.urls.DATABASE_URL).pathname.slice(1)
    const admin = await administrator('backup')
    await inventory.reconnectAround(async () => {
      await admin.query(`alter database ${name} allow_connections false`)
      await until('a moment without connections', async () => {
        await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
        return (await admin.query(`select 1 from pg_stat_activity where datname = '${name}'`)).rows.length === 0
      })
      await admin.query(`create database ${name}_copy template ${name}`)
      await admin.query(`alter database ${name} allow_connections true`)
    })
    await admin.end()
    return `${name}_copy`
  }

  test('a restore from a backup: what the lost commits had written is undone, versions and positions go on above it', async () => {
    const first = inventory.start()
    await inventory.built()
    await inventory.reflects(
      await inventory.change(`update things set name = 'kept' where id = 1`, { type: 'ThingChanged', id: 1 }),
    )
    await first.stop()
    const copy = await backup()
    const second = inventory.start()
    await inventory.change(`update things set name = 'lost' where id = 2`, { type: 'ThingChanged', id: 2 })
    await inventory.reflects(
      await inventory.change(`insert into things values (77, 7, 'lost too', 1, 1)`, { type: 'ThingChanged', id: 77 }),
    )
    await second.stop()
    const [lost] = await inventory.watermarks()
    const versions = await inventory.read.query<{ max: number }>('select max(_version) from read_models.things_v1_g1')
    await inventory.reconnectAround(() => restore(copy))
    inventory.start()
    await until('it is noticed', () => inventory.log.some((line) => /another history/.test(line)))
    await trustedAgain()
    await inventory.assertRight()
    const position = await inventory.change(`update things set name = 'new' where id = 3`, {
      type: 'ThingChanged',
      id: 3,
    })
    await inventory.reflects(position)
    await inventory.assertRight()
    assert.ok(position > lost!.position)
    assert.ok(
      (await inventory.read.query<{ max: number }>('select max(_version) from read_models.things_v1_g1')).rows[0]!.max >
        versions.rows[0]!.max,
    )
  })

  test('a restore under a running projector is noticed by it', async () => {
    const first = inventory.start()
    await inventory.built()
    await first.stop()
    const copy = await backup()
    inventory.start()
    await inventory.reflects(
      await inventory.change(`update things set name = 'lost' where id = 2`, { type: 'ThingChanged', id: 2 }),
    )
    await inventory.reconnectAround(() => restore(copy))
    await until('it is noticed', () => inventory.log.some((line) => /another history/.test(line)))
    await trustedAgain()
    await inventory.assertRight()
  })
})

test('a cursor whose row is another one begins anew: also what commits below it late is not missed', async () => {
  const first = inventory.start()
  await inventory.built()
  await first.stop()
  const late = await inventory.another()
  await late.query('begin')
  await late.query(`update things set name = 'late' where id = 9`)
  const { position } = await append(late, {
    type: 'ThingChanged',
    aggregateType: 'thing',
    aggregateId: '9',
    payload: { id: 9 },
  })
  await inventory.change(`update things set name = 'read' where id = 8`, { type: 'ThingChanged', id: 8 })
  await inventory.write.query(
    `update cornerman.checkpoints set position = (select max(position) from cornerman.outbox), row_id = gen_random_uuid(), new_gaps = '[]', old_gaps = '[]'`,
  )
  inventory.start()
  await until('it is noticed', () => inventory.log.some((line) => /another row at position/.test(line)))
  await trustedAgain()
  await late.query('commit')
  await inventory.reflects(position)
  await inventory.assertRight()
})

test('a document that bears a version which was never handed out is noticed when a write is fenced by it', async () => {
  inventory.start()
  await inventory.built()
  await inventory.read.query('update read_models.things_v1_g1 set _version = 5000000 where id = 6')
  await inventory.change(`update things set name = 'fenced' where id = 6`, { type: 'ThingChanged', id: 6 })
  await until('it is noticed', () => inventory.log.some((line) => /another history/.test(line)))
  await trustedAgain()
  await inventory.assertRight()
})

test('a forced drop of outbox rows that were not read is noticed, and all keys are refreshed', async () => {
  const first = inventory.start()
  await inventory.built()
  await first.stop()
  await inventory.change(`update things set name = 'never read' where id = 4`, { type: 'ThingChanged', id: 4 })
  await inventory.write.query(
    `update cornerman.outbox_state set floor = (select max(position) + 1 from cornerman.outbox)`,
  )
  inventory.start({ projections: [things()] })
  await until('it is noticed', () => inventory.log.some((line) => /were dropped/.test(line)))
  await trustedAgain()
  await inventory.assertRight()
})

test('a published view that says something else now is noticed, and all keys are refreshed', async () => {
  const first = inventory.start()
  await inventory.built()
  await first.stop()
  await inventory.write.query(
    'create or replace view published.things as select id, shelf, upper(name) as name, count, price, hidden from things',
  )
  inventory.start()
  await until(
    'the documents follow the view',
    async () => ((await inventory.documents()) as Record<string, { name: string }>)['1']!.name === 'THING 1',
  )
  await until(
    'the refresh is done',
    async () => (await inventory.value<number>('select count(*) from cornerman.fanouts')) === 0,
  )
})
