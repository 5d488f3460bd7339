import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, test } from 'vitest'
import type { Connection } from '../database.ts'
import { isReflected } from '../freshness/watermark.ts'
import { append } from '../outbox/append.ts'
import { Inventory } from '../testing/inventory.ts'
import { heldFrom, InventoryLoad } from '../testing/inventoryLoad.ts'
import { seeded, seeds } from '../testing/random.ts'
import { Readers } from '../testing/readers.ts'
import { soakMs } from '../testing/soak.ts'

const forMs = soakMs(20_000)
/** Beside a long transaction a change is as quick as without one; the rest of this is for a machine that is busy. */
const reflectedMsMax = 5_000

let inventory: Inventory

beforeEach(async () => {
  inventory = await Inventory.open()
  await inventory.add(heldFrom, heldFrom + 3)
})

afterEach(() => inventory.close())

/** A transaction that has changed a thing and appended its event, and stays open. */
async function hold(id: number): Promise<{ connection: Connection; position: number }> {
  const connection = await inventory.another()
  await connection.query('set idle_in_transaction_session_timeout = 0')
  await connection.query('begin')
  await connection.query(`update things set count = count + 1 where id = ${id}`)
  const event = { type: 'ThingChanged', aggregateType: 'thing', aggregateId: `${id}`, payload: { id } }
  const { position } = await append(connection, event)
  return { connection, position }
}

describe.for(seeds(0))(
  'beside transactions that stay open, rollbacks, savepoints and foreign writers, seed %i',
  (seed) => {
    test(`nothing is skipped, nothing stalls (${forMs / 1_000} s)`, { timeout: forMs + 60_000 }, async () => {
      const readers = new Readers(inventory.urls.READ_DATABASE_URL, [
        { view: 'read_models.things_v1', key: 'id::text', grows: `(document ->> 'worth')::int` },
      ])
      inventory.start()
      await inventory.built()
      const random = seeded(seed)
      const load = new InventoryLoad(inventory, random)
      const commits = await hold(heldFrom)
      const rollsBack = await hold(heldFrom + 1)
      // Has its transaction id now, and takes its position at the end.
      const late = await inventory.another()
      await late.query('set idle_in_transaction_session_timeout = 0')
      await late.query(`begin; update things set count = count + 1 where id = ${heldFrom + 2}`)
      let slowestMs = 0
      for (const end = performance.now() + forMs; performance.now() < end;) {
        const startedAt = performance.now()
        await inventory.reflects(
          await inventory.change(`update things set count = count + 1 where id = ${heldFrom + 3}`, {
            type: 'ThingChanged',
            id: heldFrom + 3,
          }),
        )
        slowestMs = Math.max(slowestMs, performance.now() - startedAt)
        assert.equal(isReflected(await inventory.watermarks(), commits.position), false)
        await sleep(random.int(400))
      }
      assert.ok(slowestMs < reflectedMsMax, `a change took ${Math.round(slowestMs)} ms beside the long transaction`)
      await commits.connection.query('commit')
      await rollsBack.connection.query('rollback')
      const appended = await append(late, {
        type: 'ThingChanged',
        aggregateType: 'thing',
        aggregateId: 'late',
        payload: { id: heldFrom + 2 },
      })
      await late.query('commit')
      await load.stop()
      for (const position of [commits.position, rollsBack.position, appended.position, load.position])
        await inventory.reflects(position)
      await inventory.assertRight()
      assert.deepEqual(await readers.stop(), [])
    })
  },
)
