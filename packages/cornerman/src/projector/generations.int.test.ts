import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'vitest'
import { CornermanError } from '../errors.ts'
import { addGeneration, announceSwitch } from '../generations/catalog.ts'
import { postgres } from '../readStores/postgres/declaration.ts'
import { postgresStore } from '../readStores/postgres/store.ts'
import { Inventory } from '../testing/inventory.ts'
import { things } from '../testing/things.ts'
import { until } from '../testing/waits.ts'

let inventory: Inventory

beforeEach(async () => {
  inventory = await Inventory.open()
})

afterEach(() => inventory.close())

const second = { projection: 'things', store: 'postgres', version: 1, number: 2 }

/** Adds a second generation beside the live one, as a rebuild does. */
async function beginSecond(): Promise<void> {
  const store = postgresStore(inventory.urls.READ_DATABASE_URL, { applicationName: 'tests' })
  const { shape } = postgres({ columns: { name: 'text', worth: 'integer' } })
  await store.createGeneration(second, { key: { id: 'integer' }, shape })
  await store.close()
  await addGeneration(inventory.write, second, { definitionHash: '', inputs: {}, promoteWhenBuilt: false })
}

const change = () =>
  inventory.change(`update things set name = 'changed' where id = 3`, { type: 'ThingChanged', id: 3 })

/** A projector of which each write and refresh is noted: `write 1`. Writes of the second generation may be refused. */
function start(): { calls: string[]; refusing: { second: boolean } } {
  const calls: string[] = []
  const refusing = { second: false }
  const projection = things({
    wrap: (store) => ({
      async write(ref, ...what) {
        calls.push(`write ${ref.number}`)
        if (refusing.second && ref.number === 2) throw new CornermanError('STORE_UNREACHABLE', 'the disk is full')
        return store.write(ref, ...what)
      },
      makeSearchable: (ref) => (calls.push(`refresh ${ref.number}`), store.makeSearchable(ref)),
    }),
  })
  inventory.start({ projections: [projection] })
  return { calls, refusing }
}

const nameIn = async (number: number) =>
  (await inventory.read.query<{ name: string }>(`select name from read_models.things_v1_g${number} where id = 3`))
    .rows[0]?.name

describe('a generation beside the live one', () => {
  test('gets every change as soon as it is listed, and before readers see it', async () => {
    const { calls } = start()
    await inventory.built()
    await beginSecond()
    calls.length = 0
    await inventory.reflects(await change())
    assert.deepEqual(
      calls.filter((call) => call.startsWith('write')),
      ['write 2', 'write 1'],
    )
    assert.deepEqual([await nameIn(1), await nameIn(2)], ['changed', 'changed'])
  })

  test('that readers are being switched to is searchable before the live one is written', async () => {
    const { calls } = start()
    await inventory.built()
    await beginSecond()
    await announceSwitch(inventory.write, second)
    calls.length = 0
    await inventory.reflects(await change())
    assert.deepEqual(calls.slice(calls.indexOf('write 2')).slice(0, 3), ['write 2', 'refresh 2', 'write 1'])
  })

  test('that refuses writes is marked broken and left out: the live one goes on', async () => {
    const { refusing } = start()
    await inventory.built()
    await beginSecond()
    refusing.second = true
    await inventory.reflects(await change())
    await inventory.assertRight()
    const broken = 'select broken from cornerman.generations where number = 2'
    assert.equal(await inventory.value(broken), 'the disk is full')
  })

  test('that readers are being switched to holds the live one up instead: it would be left behind', async () => {
    const { calls, refusing } = start()
    await inventory.built()
    await beginSecond()
    await announceSwitch(inventory.write, second)
    refusing.second = true
    calls.length = 0
    const position = await change()
    await until('it was tried', () => calls.filter((call) => call === 'write 2').length > 5)
    assert.equal(await inventory.value('select broken from cornerman.generations where number = 2'), null)
    assert.ok(!calls.includes('write 1'))
    refusing.second = false
    await inventory.reflects(position)
    await inventory.assertRight()
  })
})
