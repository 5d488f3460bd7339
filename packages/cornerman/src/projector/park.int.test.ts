import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPool, type Pool } from '../database.ts'
import { newPrimary } from '../testing/databases.ts'
import { Park } from './park.ts'

const of = { projection: 'p', store: 's', version: 1 }
const reason = { code: 'DOCUMENT_FAILED', reason: 'division by zero' } as const

let pool: Pool

beforeEach(async () => {
  pool = openPool({ url: await newPrimary(), applicationName: 'park', max: 3 })
})

afterEach(() => pool.end())

/** The same pool, which keeps its first answer back until `late` is resolved. */
function slow(late: Promise<void>): { pool: Pool; answered: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let answers = 0
  const query = async (text: string, values: unknown[]) => {
    const isFirst = answers++ === 0
    const answer = await pool.query(text, values)
    resolve()
    if (isFirst) await late
    return answer
  }
  return { pool: { query } as unknown as Pool, answered: promise }
}

test('what is parked while the parked ones are being read stays known', async () => {
  const late = Promise.withResolvers<void>()
  const { pool: latePool, answered } = slow(late.promise)
  const park = new Park(latePool, of)
  const loaded = park.load()
  await answered
  await park.parkKeys([{ key: ['7'], position: 42, ...reason }])
  late.resolve()
  await loaded
  expect([park.count, park.lowestPosition]).toEqual([1, 42])
})

test('what somebody else has parked or released is known after reading', async () => {
  const [park, other] = [new Park(pool, of), new Park(pool, of)]
  await other.parkKeys([
    { key: ['7'], position: 42, ...reason },
    { key: ['8'], position: 40, ...reason },
  ])
  await park.load()
  expect([park.count, park.lowestPosition]).toEqual([2, 40])
  await other.release([['8']], Number.MAX_SAFE_INTEGER / 1_000)
  await park.load()
  expect([park.count, park.lowestPosition, park.has(['8'])]).toEqual([1, 42, false])
})
