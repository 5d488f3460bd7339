import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { type Instant, shelfEvent } from '../testing/instants.ts'
import { Inventory } from '../testing/inventory.ts'
import { ProjectorProcesses } from '../testing/projectorProcesses.ts'
import { Readers } from '../testing/readers.ts'
import { until } from '../testing/waits.ts'

/** Small, so that a first build and a fan-out take several chunks. */
const settings = { fanOutFrom: 12, fanOutKeysMax: 6 }
const takeOverMsMax = 15_000

// Each of them has two processes, which mostly wait for the lease.
vi.setConfig({ maxConcurrency: 4, testTimeout: 120_000 })

let processes: ProjectorProcesses
const takeOvers: number[] = []

beforeAll(() => {
  processes = new ProjectorProcesses()
})

afterAll(async () => {
  await processes.close()
  const sorted = takeOvers.map((ms) => ms / 1_000).sort((a, b) => a - b)
  console.log(
    `take-over after kill -9, until readers had the change: ${sorted.length} instants, median ${sorted[sorted.length >> 1]?.toFixed(1)} s, at most ${sorted.at(-1)?.toFixed(1)} s`,
  )
})

/** Starts one that dies at the instant and one that stands by; returns once the first one is dead. */
async function dies(inventory: Inventory, instant: Instant, work: () => Promise<unknown>) {
  const victim = await processes.start(inventory.urls, { settings, strike: { instant, signal: 'SIGKILL' } })
  await victim.isActive()
  const heir = await processes.start(inventory.urls, { settings })
  await work()
  assert.equal(await victim.ended, 'SIGKILL', victim.log())
  assert.match(victim.log(), new RegExp(`^struck: ${instant}$`, 'm'))
  return { heir, diedAt: performance.now() }
}

function tookOver(diedAt: number): void {
  const ms = performance.now() - diedAt
  takeOvers.push(ms)
  assert.ok(ms < takeOverMsMax, `taking over took ${Math.round(ms)} ms`)
}

const watched = (inventory: Inventory) =>
  new Readers(inventory.urls.READ_DATABASE_URL, [
    { view: 'read_models.things_v1', key: 'id::text', grows: `(document ->> 'worth')::int` },
  ])

const change = (inventory: Inventory) =>
  inventory.change(
    `update things set count = count + 1 where shelf = 1; update things set hidden = not hidden where id = 12; insert into things values (100, 1, 'new', 1, 1)`,
    shelfEvent,
  )

describe.concurrent(
  'a projector that is killed (kill -9) loses nothing, and the next one goes on within seconds: after',
  () => {
    const instants: Instant[] = [
      'the batch is read',
      'the stale keys are computed',
      'the version and the snapshot are taken',
      'document has run',
      'the attempt is committed',
      'the building generation is written and the live one is not',
      'every generation is written',
      'the ledger has balanced',
      'the documents are searchable',
      'the watermark is in the building generation only',
      'the watermark is in the store',
      'the checkpoint is saved',
    ]
    test.for(instants)('%s', async (instant) => {
      const inventory = await Inventory.open()
      try {
        const readers = watched(inventory)
        const { heir, diedAt } = await dies(inventory, instant, async () => {
          await inventory.built()
          await inventory.addBuilding()
          await change(inventory)
        })
        // What has happened since, also to what the dead one had in hand.
        const later = await inventory.change(
          `update things set count = count + 1 where id in (3, 13)`,
          { type: 'ThingChanged', id: 3 },
          { type: 'ThingChanged', id: 13 },
        )
        await inventory.reflects(later)
        tookOver(diedAt)
        await inventory.assertRight()
        await inventory.assertGenerationsRight(1, 2)
        assert.deepEqual(await readers.stop(), [])
        await heir.stop()
      } finally {
        await inventory.close()
      }
    })
  },
)

describe.concurrent('a projector that is killed (kill -9) in a fan-out: after', () => {
  const instants: Instant[] = [
    'the fan-out is durable',
    'a chunk of the fan-out is written',
    'the progress of the fan-out is noted',
    'all chunks of the fan-out are written',
    'the fan-out is done',
  ]
  test.for(instants)('%s', async (instant) => {
    const inventory = await Inventory.open(40)
    try {
      const readers = watched(inventory)
      let all = 0
      const { heir, diedAt } = await dies(inventory, instant, async () => {
        await inventory.built()
        all = await inventory.change('update things set count = count + 1', { type: 'EverythingChanged' })
      })
      await inventory.reflects(all)
      tookOver(diedAt)
      await inventory.assertRight()
      assert.equal(await inventory.value<number>('select count(*) from cornerman.fanouts'), 0)
      assert.deepEqual(await readers.stop(), [])
      await heir.stop()
    } finally {
      await inventory.close()
    }
  })
})

describe.concurrent('a projector that is killed (kill -9) in the first build: after', () => {
  const instants: Instant[] = [
    'the first generation is made',
    'the first generation is in the catalog',
    'some keys of the first build are written',
    'the switch is announced',
    'the first generation is about to be promoted',
    'the first generation is promoted',
    'the promotion is noted',
  ]
  test.for(instants)('%s', async (instant) => {
    const inventory = await Inventory.open()
    try {
      const readers = watched(inventory)
      const { heir, diedAt } = await dies(inventory, instant, async () => undefined)
      const position = await change(inventory)
      await inventory.built()
      await inventory.reflects(position)
      tookOver(diedAt)
      await inventory.assertRight()
      const states = `select string_agg(state || ' ' || switching, ', ') from cornerman.generations where state <> 'dropped'`
      await until('the catalog says so', async () => (await inventory.value(states)) === 'live false')
      assert.deepEqual(await readers.stop(), [])
      await heir.stop()
    } finally {
      await inventory.close()
    }
  })
})
