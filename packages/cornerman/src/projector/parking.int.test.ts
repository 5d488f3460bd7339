import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'vitest'
import { Inventory } from '../testing/inventory.ts'
import { things } from '../testing/things.ts'
import { until } from '../testing/waits.ts'

let inventory: Inventory

beforeEach(async () => {
  inventory = await Inventory.open()
})

afterEach(() => inventory.close())

interface Parked {
  name: string
  code: string
  reason: string
}

const parkedKeys = async () =>
  (
    await inventory.write.query<Parked>(
      `select array_to_string(key, ',') as name, code, reason from cornerman.parked_keys order by 1`,
    )
  ).rows
const parkedEvents = async () =>
  (await inventory.write.query<Parked>('select type as name, code, reason from cornerman.parked_events')).rows
const versionOf = async (id: number) =>
  (
    await inventory.read.query<{ version: number }>(
      'select _version as version from read_models.things_v1 where id = $1',
      [id],
    )
  ).rows[0]!.version
const nothingParked = async () => (await parkedKeys()).length + (await parkedEvents()).length === 0
const allDue = () =>
  inventory.write.query(
    'update cornerman.parked_keys set retry_at = now(); update cornerman.parked_events set retry_at = now()',
  )

test('a key whose document query fails is parked with the reason, and the others go on', async () => {
  inventory.start()
  await inventory.built()
  const position = await inventory.change(
    'update things set count = 50, price = 0 where id = 3; update things set count = 50 where id in (1, 2, 4)',
    ...[1, 2, 3, 4].map((id) => ({ type: 'ThingChanged' as const, id })),
  )
  await inventory.reflects(position)
  const documents = (await inventory.documents()) as Record<string, { worth: number }>
  assert.deepEqual(
    [1, 2, 3, 4].map((id) => documents[id]!.worth),
    [5000, 5000, 300, 5000],
  )
  assert.deepEqual(await parkedKeys(), [{ name: '3', code: 'DOCUMENT_FAILED', reason: 'division by zero' }])
  await until('readers are told', async () => (await inventory.watermarks())[0]!.parkedKeys === 1)
  assert.equal((await inventory.watermarks())[0]!.parkedFrom, position - 1)
})

test('a parked key is written with its next event, and released', async () => {
  inventory.start()
  await inventory.built()
  await inventory.reflects(
    await inventory.change('update things set price = 0 where id = 3', { type: 'ThingChanged', id: 3 }),
  )
  await inventory.reflects(
    await inventory.change('update things set price = 2 where id = 3', { type: 'ThingChanged', id: 3 }),
  )
  await until('nothing is parked', nothingParked)
  await inventory.assertRight()
  await until('readers are told', async () => (await inventory.watermarks())[0]!.parkedKeys === 0)
})

test('a parked key is tried again by itself, without any event', async () => {
  inventory.start()
  await inventory.built()
  await inventory.reflects(
    await inventory.change('update things set price = 0 where id = 3', { type: 'ThingChanged', id: 3 }),
  )
  await inventory.write.query('update things set price = 4 where id = 3')
  await allDue()
  await until('nothing is parked', nothingParked)
  await inventory.assertRight()
})

test('a key that cannot be one is parked alone', async () => {
  inventory.start()
  await inventory.built()
  const position = await inventory.change(
    'update things set count = 9',
    { type: 'ThingChanged', id: 'seven' },
    { type: 'ThingChanged', id: null },
    { type: 'EverythingChanged' },
  )
  await inventory.reflects(position)
  await inventory.assertRight()
  const parked = await parkedKeys()
  assert.deepEqual(
    parked.map(({ name, code }) => [name, code]),
    [
      ['', 'KEY_MALFORMED'],
      ['seven', 'KEY_MALFORMED'],
    ],
  )
  assert.match(parked[0]!.reason, /null/)
  assert.match(parked[1]!.reason, /invalid input syntax for type integer/)
})

test('a key is brought into the form in which PostgreSQL prints it', async () => {
  inventory.start()
  await inventory.built()
  await inventory.reflects(
    await inventory.change('update things set count = 9 where id = 7', { type: 'ThingChanged', id: ' 007 ' }),
  )
  await inventory.assertRight()
  assert.ok(await nothingParked())
})

test('an event whose mapping fails is parked with its payload, and released when it can be mapped', async () => {
  inventory.start()
  await inventory.built()
  const position = await inventory.change(`update things set count = 4 where shelf = 1`, {
    type: 'ShelfChanged',
    shelf: 'one' as unknown as number,
  })
  await inventory.reflects(position)
  const [parked] = await parkedEvents()
  assert.equal(parked!.name, 'ShelfChanged')
  assert.match(parked!.reason, /invalid input syntax for type integer: "one"/)
  const [watermark] = await inventory.watermarks()
  assert.deepEqual([watermark!.parkedKeys, watermark!.parkedFrom], [1, position], 'readers are told')
  await inventory.write.query(
    `update cornerman.parked_events set body = convert_to('{"type":"ShelfChanged","shelf":1}', 'UTF8')`,
  )
  await allDue()
  await until('nothing is parked', nothingParked)
  await inventory.assertRight()
})

test('a document that the store refuses is parked with its reason, and the others go on', async () => {
  inventory.start({
    projections: [
      things({ worth: `case when t.id = 3 then to_jsonb(t.name) else to_jsonb(t.count * 100 / t.price) end` }),
    ],
  })
  await inventory.built()
  await until('the key is parked', async () => (await parkedKeys()).length === 1)
  assert.deepEqual(
    (await parkedKeys()).map(({ name, code }) => [name, code]),
    [['3', 'DOCUMENT_REFUSED']],
  )
  assert.match((await parkedKeys())[0]!.reason, /invalid input syntax for type integer/)
  assert.equal(Object.keys((await inventory.documents())!).length, 19)
})

test('two rows for one key are parked, not written as if one of them were right', async () => {
  await inventory.write.query(
    'create or replace view published.things as select id, shelf, name, count, price, hidden from things union all select id, shelf, name || $$ again$$, count, price, true from things where id = 3',
  )
  inventory.start()
  await inventory.built()
  await until('the key is parked', async () => (await parkedKeys()).length === 1)
  assert.deepEqual(
    (await parkedKeys()).map(({ name, code }) => [name, code]),
    [['3', 'DOCUMENT_NOT_UNIQUE']],
  )
})

test('past a number of parked keys the projector pauses, says why, tries one key, and goes on by itself', async () => {
  inventory.start({ settings: { parkedKeysMax: 5 } })
  await inventory.built()
  const position = await inventory.change('update things set price = 0', { type: 'EverythingChanged' })
  await until('it says why', async () =>
    /more than 5; .*division by zero/.test(
      (await inventory.value<string>(`select trouble ->> 'reason' from cornerman.checkpoints`)) ?? '',
    ),
  )
  const checkpoint = await inventory.value<number>('select position from cornerman.checkpoints')
  assert.ok(checkpoint < position, 'the batch is not committed')
  await inventory.write.query('update things set price = 1')
  await inventory.reflects(position)
  await until('nothing is parked', nothingParked)
  await inventory.assertRight()
  await until(
    'it says no more',
    async () => (await inventory.value('select trouble from cornerman.checkpoints')) === null,
  )
})

test('a key that was parked while an older attempt for it was on its way stays parked', async () => {
  const held = Promise.withResolvers<void>()
  let isHeld = false
  let holding = false
  inventory.start({
    projections: [
      things({
        wrap: (store) => ({
          write: async (ref, version, documents) => {
            const isTheOne = holding && documents.length === 1 && documents[0]!.key[0] === '3'
            if (isTheOne) {
              holding = false
              isHeld = true
              await held.promise
            }
            return store.write(ref, version, documents)
          },
        }),
      }),
    ],
  })
  await inventory.built()
  await inventory.reflects(
    await inventory.change('update things set price = 0 where id = 3', { type: 'ThingChanged', id: 3 }),
  )
  const before = await versionOf(3)
  // It can be computed for a moment: the attempt of that moment is held up on its way to the store.
  holding = true
  await inventory.write.query('update things set price = 1 where id = 3')
  await allDue()
  await until('the older attempt is on its way', () => isHeld)
  await inventory.reflects(
    await inventory.change('update things set price = 0 where id = 3', { type: 'ThingChanged', id: 3 }),
  )
  await inventory.write.query(`update cornerman.parked_keys set retry_at = now() + interval '1 hour'`)
  held.resolve()
  await until('the older attempt has arrived', async () => {
    return (await versionOf(3)) > before
  })
  await inventory.reflects(
    await inventory.change('update things set count = 9 where id = 4', { type: 'ThingChanged', id: 4 }),
  )
  assert.deepEqual(
    (await parkedKeys()).map(({ name }) => name),
    ['3'],
  )
})
