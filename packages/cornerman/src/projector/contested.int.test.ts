import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, test, vi } from 'vitest'
import type { Connection } from '../database.ts'
import { Inventory } from '../testing/inventory.ts'
import { InventoryLoad } from '../testing/inventoryLoad.ts'
import { ProjectorProcesses } from '../testing/projectorProcesses.ts'
import { type Random, seeded, seeds } from '../testing/random.ts'
import { Readers } from '../testing/readers.ts'
import { soakMs } from '../testing/soak.ts'

const settings = { fanOutFrom: 12, fanOutKeysMax: 6 }
const forMs = soakMs(6_000)
vi.setConfig({ testTimeout: forMs + 60_000 })

let processes: ProjectorProcesses
let inventory: Inventory

beforeAll(() => {
  processes = new ProjectorProcesses()
})

afterAll(() => processes.close())

beforeEach(async () => {
  inventory = await Inventory.open()
})

afterEach(() => inventory.close())

const freeTheLease = `update cornerman.leases set token = null, beat = beat + 1 where name = 'projector/things/postgres'`

/** Two projector processes, a load, and a disturbance again and again; then the end is right, and readers saw nothing wrong. */
async function under(seed: number, disturb: (connection: Connection, random: Random) => Promise<unknown>) {
  const random = seeded(seed)
  const readers = new Readers(inventory.urls.READ_DATABASE_URL, [
    { view: 'read_models.things_v1', key: 'id::text', grows: `(document ->> 'worth')::int` },
  ])
  const both = await Promise.all([
    processes.start(inventory.urls, { settings }),
    processes.start(inventory.urls, { settings }),
  ])
  await inventory.built()
  const load = new InventoryLoad(inventory, random)
  const connection = await inventory.another()
  let disturbances = 0
  for (const end = performance.now() + forMs; performance.now() < end; disturbances++) {
    await disturb(connection, random)
    await sleep(random.int(600))
  }
  await load.stop()
  await inventory.reflectsAll(load.position)
  await inventory.assertRight()
  assert.deepEqual(await readers.stop(), [])
  assert.ok(disturbances > 3 && load.commits > 50, `${disturbances} disturbances beside ${load.commits} commits`)
  for (const each of both) await each.stop()
  return both
}

describe.for(seeds(0))('under load, seed %i', (seed) => {
  test('two projectors at once: each loses its turn to the other again and again, both write for a while', async () => {
    const both = await under(seed, (connection) => connection.query(freeTheLease))
    const turns = both.map((each) => each.log().match(/^projecting /gm)?.length ?? 0)
    assert.ok(turns[0]! + turns[1]! > 4, `turns: ${turns.join(' and ')}`)
  })

  test('events delivered again: in another order, long after, and all from the beginning', async () => {
    await under(seed + 1, async (connection, random) => {
      // Their copies come again, shuffled.
      await connection.query(
        `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload)
         select aggregatetype, aggregateid, type, payload from cornerman.outbox where type <> 'Heartbeat'
         order by md5($1 || id::text) limit $2`,
        [String(random.int(1_000_000)), random.int(100)],
      )
      if (random.int(3) > 0) return
      // The cursor goes back to somewhere, but not beyond what it still waits for, while nobody has the turn.
      await connection.query('begin')
      await connection.query(freeTheLease)
      await connection.query(
        `update cornerman.checkpoints set row_id = null, new_gaps = '[]', old_gaps = '[]', position = least(position * $1 / 100,
           (select min((gap ->> 0)::bigint) - 1 from jsonb_array_elements(new_gaps || old_gaps) as gap))`,
        [random.int(100)],
      )
      await connection.query('commit')
    })
  })
})
