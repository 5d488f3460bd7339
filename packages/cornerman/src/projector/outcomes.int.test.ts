import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'vitest'
import { isReflected } from '../freshness/watermark.ts'
import type { WriteOutcome } from '../readStore.ts'
import { Inventory } from '../testing/inventory.ts'
import { type StoreWrapper, things } from '../testing/things.ts'
import { until } from '../testing/waits.ts'

let inventory: Inventory

beforeEach(async () => {
  inventory = await Inventory.open()
})

afterEach(() => inventory.close())

const start = (wrap: StoreWrapper) => inventory.start({ projections: [things({ wrap })] })
const all = { type: 'EverythingChanged' } as const
const checkpoint = () => inventory.value<number>('select position from cornerman.checkpoints')

describe('what the store says of each document is heeded:', () => {
  test('what it could not take now is sent again, the same bytes under the same version', async () => {
    const sent: { version: number; keys: string[] }[] = []
    let busy = 0
    start((store) => ({
      async write(ref, version, documents) {
        sent.push({ version, keys: documents.map(({ key }) => key[0]!) })
        const isTaken = ({ key: [id] }: { key: readonly string[] }) => busy === 0 || id !== '7'
        const outcomes = await store.write(ref, version, documents.filter(isTaken))
        const unavailable: WriteOutcome = { outcome: 'unavailable', reason: 'too many requests' }
        const results = documents.map((each) => (isTaken(each) ? outcomes.shift()! : unavailable))
        busy = Math.max(0, busy - 1)
        return results
      },
    }))
    await inventory.built()
    sent.length = 0
    busy = 2
    await inventory.reflects(await inventory.change('update things set count = count + 1', all))
    await inventory.assertRight()
    assert.deepEqual(
      sent.map(({ keys }) => keys.length),
      [20, 1, 1],
    )
    assert.equal(new Set(sent.map(({ version }) => version)).size, 1)
  })

  test('a document of which it says nothing leaves the ledger unbalanced, and the batch is not committed', async () => {
    let forgets = false
    start((store) => ({
      async write(...write) {
        const outcomes = await store.write(...write)
        return forgets ? outcomes.slice(1) : outcomes
      },
    }))
    await inventory.built()
    forgets = true
    const position = await inventory.change('update things set count = count + 1', all)
    await until('it says so', () =>
      inventory.log.some((line) => line.includes('20 keys of generation 1 in, but 19 written + 0 fenced + 0 parked')),
    )
    assert.ok((await checkpoint()) < position)
    assert.equal(isReflected(await inventory.watermarks(), position), false)
    forgets = false
    await inventory.reflects(position)
    await inventory.assertRight()
  })
})

test('nothing is said to be there, and nothing is checked off, while its write is under way', async () => {
  const underWay = Promise.withResolvers<void>()
  const goesOn = Promise.withResolvers<void>()
  let holds = false
  start((store) => ({
    async write(...write) {
      if (holds) {
        underWay.resolve()
        await goesOn.promise
      }
      return store.write(...write)
    },
  }))
  await inventory.built()
  holds = true
  const position = await inventory.change('update things set count = count + 1', all)
  await underWay.promise
  assert.equal(isReflected(await inventory.watermarks(), position), false)
  assert.ok((await checkpoint()) < position)
  goesOn.resolve()
  await inventory.reflects(position)
  await inventory.assertRight()
})

describe('documents are made searchable before a watermark speaks of them:', () => {
  function started() {
    const calls: string[] = []
    const projector = start((store) => ({
      write: (...write) => (calls.push('write'), store.write(...write)),
      makeSearchable: (ref) => (calls.push('refresh'), store.makeSearchable(ref)),
      writeWatermark: (...write) => (calls.push('watermark'), store.writeWatermark(...write)),
    }))
    return { calls, projector }
  }

  test('those of a batch', async () => {
    const { calls } = started()
    await inventory.built()
    calls.length = 0
    await inventory.reflects(await inventory.change('update things set count = count + 1', all))
    const written = calls.indexOf('write')
    assert.deepEqual(calls.slice(written, written + 3), ['write', 'refresh', 'watermark'])
  })

  test('those of a predecessor, which may have ended between the two', async () => {
    const first = started()
    await inventory.built()
    await first.projector.stop()
    const { calls } = started()
    await until('it has said something', () => calls.includes('watermark'))
    assert.deepEqual(calls.slice(0, 2), ['refresh', 'watermark'])
  })
})
