import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { type Instant, shelfEvent } from '../testing/instants.ts'
import { Inventory } from '../testing/inventory.ts'
import { type ProjectorProcess, ProjectorProcesses } from '../testing/projectorProcesses.ts'
import { Readers } from '../testing/readers.ts'
import { soakMs } from '../testing/soak.ts'
import { until } from '../testing/waits.ts'

const settings = { fanOutFrom: 12, fanOutKeysMax: 6 }
/** Past the lease always; in a soak also past the time-outs of the server's sessions. */
const stoppedForMs = Math.min(soakMs(0), 40_000)
const timeout = 120_000 + 2 * stoppedForMs

// Each of them has two processes, which mostly wait for the lease.
vi.setConfig({ maxConcurrency: 4, testTimeout: timeout })

let processes: ProjectorProcesses

beforeAll(() => {
  processes = new ProjectorProcesses()
})

afterAll(() => processes.close())

/** One that stops in the midst of its work, and one that has taken over from it. */
async function stops(inventory: Inventory, instant: Instant, work: () => Promise<unknown>) {
  const stopped = await processes.start(inventory.urls, { settings, strike: { instant, signal: 'SIGSTOP' } })
  await stopped.isActive()
  await work()
  await stopped.says(`struck: ${instant}`)
  const other = await processes.start(inventory.urls, { settings })
  await other.isActive()
  await sleep(stoppedForMs)
  return { stopped, other }
}

/** It goes on in the midst of what it did, finds out, and stands by; then it is its turn again. */
async function wakes(inventory: Inventory, { stopped, other }: Record<'stopped' | 'other', ProjectorProcess>) {
  stopped.kill('SIGCONT')
  await stopped.says('woken')
  await stopped.says(/another process has taken over|another process is active/)
  await inventory.reflects(
    await inventory.change(`update things set count = count + 1 where id in (4, 14)`, shelfEvent, {
      type: 'ThingChanged',
      id: 4,
    }),
  )
  await inventory.assertRight()
  other.kill('SIGKILL')
  await inventory.reflects(
    await inventory.change(`update things set count = count + 1 where id = 15`, { type: 'ThingChanged', id: 15 }),
  )
  await inventory.assertRight()
}

const watched = (inventory: Inventory) =>
  new Readers(inventory.urls.READ_DATABASE_URL, [
    { view: 'read_models.things_v1', key: 'id::text', grows: `(document ->> 'worth')::int` },
  ])

describe.concurrent(
  'a projector that is stopped (SIGSTOP) and goes on after another took over changes nothing any more: after',
  () => {
    const instants: Instant[] = [
      'the batch is read',
      'the version and the snapshot are taken',
      'document has run',
      'the attempt is committed',
      'the building generation is written and the live one is not',
      'the ledger has balanced',
      'the watermark is in the building generation only',
      'the watermark is in the store',
    ]
    test.for(instants)('%s', async (instant) => {
      const inventory = await Inventory.open()
      try {
        const readers = watched(inventory)
        const both = await stops(inventory, instant, async () => {
          await inventory.built()
          await inventory.addBuilding()
          await inventory.change(`update things set count = count + 1 where shelf = 1`, shelfEvent)
        })
        // What it has in hand is old now: changed, and deleted.
        await inventory.reflects(
          await inventory.change(
            `update things set count = count + 10 where shelf = 1; update things set hidden = true where id = 12; delete from things where id = 13`,
            shelfEvent,
            { type: 'ThingChanged', id: 12 },
            { type: 'ThingChanged', id: 13 },
          ),
        )
        await wakes(inventory, both)
        // It has really tried: the write was the next thing that it did.
        if (instant === 'the building generation is written and the live one is not')
          assert.match(both.stopped.log(), /^woken\n(reached: .*\n)*reached: every generation is written$/m)
        await inventory.assertGenerationsRight(1, 2)
        assert.deepEqual(await readers.stop(), [])
        await both.stopped.stop()
      } finally {
        await inventory.close()
      }
    })
  },
)

describe.concurrent(
  'a projector that is stopped (SIGSTOP) beside the batches and goes on after another took over changes nothing: after',
  () => {
    test.for<Instant>([
      'a chunk of the fan-out is written',
      'the progress of the fan-out is noted',
      'all chunks of the fan-out are written',
    ])('%s', async (instant) => {
      const inventory = await Inventory.open(40)
      try {
        const readers = watched(inventory)
        const both = await stops(inventory, instant, async () => {
          await inventory.built()
          await inventory.change('update things set count = count + 1', { type: 'EverythingChanged' })
        })
        await inventory.reflects(
          await inventory.change('update things set count = count + 1', { type: 'EverythingChanged' }),
        )
        await wakes(inventory, both)
        // The one that woke up may have asked for a fan-out again that was done: harmless.
        await until(
          'no fan-out is left',
          async () => (await inventory.value<number>('select count(*) from cornerman.fanouts')) === 0,
        )
        assert.deepEqual(await readers.stop(), [])
        await both.stopped.stop()
      } finally {
        await inventory.close()
      }
    })

    test.for<Instant>([
      'the first generation is made',
      'some keys of the first build are written',
      'the switch is announced',
      'the first generation is about to be promoted',
      'the first generation is promoted',
    ])('%s', async (instant) => {
      const inventory = await Inventory.open()
      try {
        const readers = watched(inventory)
        const both = await stops(inventory, instant, async () => undefined)
        await inventory.built()
        await inventory.reflects(
          await inventory.change(
            `update things set count = count + 1 where shelf = 1; delete from things where id = 12`,
            { type: 'EverythingChanged' },
            { type: 'ThingChanged', id: 12 },
          ),
        )
        await wakes(inventory, both)
        assert.deepEqual(await readers.stop(), [])
        await both.stopped.stop()
      } finally {
        await inventory.close()
      }
    })
  },
)
