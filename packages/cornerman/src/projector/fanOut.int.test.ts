import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'vitest'
import { isReflected, type Watermark } from '../freshness/watermark.ts'
import { Inventory } from '../testing/inventory.ts'
import { things } from '../testing/things.ts'
import { until } from '../testing/waits.ts'

let inventory: Inventory

beforeEach(async () => {
  inventory = await Inventory.open(60)
})

afterEach(() => inventory.close())

const small = { fanOutFrom: 10, fanOutKeysMax: 4 }

/** A gate before the writes of chunks: closed, it lets only so many of them through. */
class Gate {
  open = true
  passed = 0
  async pass(): Promise<void> {
    await until('the gate is open', () => this.open)
    this.passed++
  }
}

const gated = (gate: Gate) =>
  things({
    wrap: (store) => ({
      write: async (ref, version, documents) => (
        documents.length > 1 ? await gate.pass() : undefined,
        store.write(ref, version, documents)
      ),
    }),
  })

test('an event that names very many keys is worked off in chunks beside newer events, and holds the watermark until it is done', async () => {
  const gate = new Gate()
  inventory.start({ projections: [gated(gate)], settings: small })
  await inventory.built()
  gate.open = false
  const all = await inventory.change('update things set count = count + 1', { type: 'EverythingChanged' })
  await until(
    'the fan-out is durable',
    async () => (await inventory.value<number>('select count(*) from cornerman.fanouts')) === 1,
  )
  const newer = await inventory.change(`update things set name = 'newer' where id = 1`, { type: 'ThingChanged', id: 1 })
  await inventory.reflects(newer)
  const [held] = await inventory.watermarks()
  assert.equal(isReflected([held!], all), false)
  const recordedAt = await inventory.value<number>(
    `select (extract(epoch from recorded_at) * 1000)::float8 from cornerman.outbox where position = ${all}`,
  )
  assert.ok(held!.atMs <= recordedAt, 'the time of the watermark is not past the event')
  gate.open = true
  await inventory.reflects(all)
  await inventory.assertRight()
  assert.equal(await inventory.value<number>('select count(*) from cornerman.fanouts'), 0)
})

test('a fan-out that ends while a batch is being made searchable holds the watermark of that batch still', async () => {
  const gate = new Gate()
  const marks: Watermark[] = []
  let meanwhile: (() => Promise<void>) | undefined
  const projection = things({
    wrap: (store) => ({
      write: async (ref, version, documents) => {
        if (documents.length > 1) await gate.pass()
        return store.write(ref, version, documents)
      },
      makeSearchable: async (ref) => {
        const first = meanwhile
        meanwhile = undefined
        if (first !== undefined) marks.length = 0
        await store.makeSearchable(ref)
        await first?.()
      },
      writeWatermark: (ref, mark, expected) => {
        marks.push(mark)
        return store.writeWatermark(ref, mark, expected)
      },
    }),
  })
  inventory.start({ projections: [projection], settings: small })
  await inventory.built()
  gate.open = false
  const all = await inventory.change('update things set count = count + 1', { type: 'EverythingChanged' })
  const fanOuts = () => inventory.value<number>('select count(*) from cornerman.fanouts')
  await until('the fan-out is durable', async () => (await fanOuts()) === 1)
  meanwhile = async () => {
    gate.open = true
    await until('the fan-out is done', async () => (await fanOuts()) === 0)
  }
  await inventory.change(`update things set name = 'newer' where id = 1`, { type: 'ThingChanged', id: 1 })
  await inventory.reflects(all)
  assert.equal(isReflected([marks[0]!], all), false, 'its documents were written after the store was refreshed')
  await inventory.assertRight()
})

test('a fan-out goes on after its last chunk when the next process takes over', async () => {
  const gate = new Gate()
  const first = inventory.start({ projections: [gated(gate)], settings: small })
  await inventory.built()
  gate.passed = 0
  const all = await inventory.change('update things set count = count + 1', { type: 'EverythingChanged' })
  await until(
    'some chunks are done',
    async () => ((await inventory.value<number>('select max(done_keys) from cornerman.fanouts')) ?? 0) >= 12,
  )
  gate.open = false
  const stopping = first.stop()
  gate.open = true
  await stopping
  const done = await inventory.value<number>('select max(done_keys) from cornerman.fanouts')
  const next = new Gate()
  inventory.start({ projections: [gated(next)], settings: small })
  await inventory.reflects(all)
  await inventory.assertRight()
  assert.ok(next.passed <= (60 - done) / small.fanOutKeysMax + 1, `${next.passed} chunks after ${done} keys were done`)
})

test('the same fan-out delivered twice is done once', async () => {
  inventory.start({ settings: small })
  await inventory.built()
  await inventory.reflects(
    await inventory.change(
      'update things set count = count + 1',
      { type: 'EverythingChanged' },
      { type: 'EverythingChanged' },
      { type: 'EverythingChanged' },
    ),
  )
  await inventory.assertRight()
})

test('a fan-out whose query fails is parked as its event, and what comes after it goes on', async () => {
  inventory.start({ settings: small })
  await inventory.built()
  const position = await inventory.change('update things set count = 4 where shelf = 1', {
    type: 'ShelfChanged',
    shelf: 1,
  })
  await inventory.write.query(
    `insert into cornerman.fanouts (projection, store, version, kind, event_type, mapping_index, arguments, position, at, reason)
     values ('things', 'postgres', 1, 'event', 'ShelfChanged', 0, '["one"]', ${position}, now(), 'ShelfChanged')`,
  )
  await inventory.reflects(await inventory.change('update things set count = count + 1', { type: 'EverythingChanged' }))
  await inventory.assertRight()
  const { rows } = await inventory.write.query('select position, type, code, reason from cornerman.parked_events')
  assert.equal(rows.length, 1)
  assert.deepEqual(
    [rows[0]!['position'], rows[0]!['type'], rows[0]!['code']],
    [position, 'ShelfChanged', 'MAPPING_FAILED'],
  )
  assert.match(String(rows[0]!['reason']), /invalid input syntax for type integer: "one"/)
})
