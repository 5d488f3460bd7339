import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addGeneration } from '../generations/catalog.ts'
import { Inventory } from '../testing/inventory.ts'
import { things } from '../testing/things.ts'
import { backendOf, until } from '../testing/waits.ts'
import { type Attempt, AttemptMaker } from './attempt.ts'
import { PrimaryClock } from './clock.ts'

let inventory: Inventory
let makers: AttemptMaker[]

beforeEach(async () => {
  inventory = await Inventory.open()
  makers = []
})

afterEach(async () => {
  await Promise.all(makers.map((maker) => maker.close()))
  await inventory.close()
})

function newMaker(): AttemptMaker {
  const clock = new PrimaryClock()
  const maker = new AttemptMaker({ url: inventory.urls.DATABASE_URL, projection: 'things', store: 'postgres', clock })
  makers.push(maker)
  return maker
}

const worthOf = ({ documents }: Attempt) => (JSON.parse(documents[0]!.document!) as { worth: number }).worth
const versionsTaken = () =>
  inventory.value<number>('select case when is_called then last_value else 0 end from cornerman.version')

describe('an attempt', () => {
  test('takes no version while another one stands between lock and snapshot', async () => {
    const other = await inventory.another()
    await other.query(`select pg_advisory_lock(hashtextextended('cornerman.projection/things', 0))`)
    const made = newMaker().make(things(), [['1']])
    const waiting = `select exists (select 1 from pg_locks l join pg_stat_activity a using (pid)
      where a.application_name = 'cornerman attempt things' and l.locktype = 'advisory' and not l.granted
        and ${await backendOf(other)} = any(pg_blocking_pids(pid)))`
    await until('it waits for the lock', () => inventory.value<boolean>(waiting))
    expect(await versionsTaken()).toBe(0)
    await other.query('select pg_advisory_unlock_all()')
    expect((await made).version).toBe(1)
  })

  test('of a higher version has seen a later state, however many are made at once', async () => {
    const writer = await inventory.another()
    await writer.query('set synchronous_commit = off')
    const writing = { goesOn: true }
    const writes = (async () => {
      while (writing.goesOn) await writer.query('update things set count = count + 1 where id = 1')
    })()
    const work = async (maker: AttemptMaker) => {
      const attempts: Attempt[] = []
      for (let i = 0; i < 100; i++) attempts.push(await maker.make(things(), [['1']]))
      return attempts
    }
    const attempts = (await Promise.all(Array.from({ length: 4 }, newMaker).map(work))).flat()
    writing.goesOn = false
    await writes
    const worths = attempts.sort((a, b) => a.version - b.version).map(worthOf)
    expect(worths).toEqual([...worths].sort((a, b) => a - b))
  })

  test('that is made again after a fault takes a new version', async () => {
    const maker = newMaker()
    const before = await maker.version()
    await inventory.write.query('update things set price = 0 where id = 1')
    await expect(maker.make(things(), [['1']])).rejects.toThrow('division by zero')
    await inventory.write.query('update things set price = 1 where id = 1')
    expect((await maker.make(things(), [['1']])).version).toBe(before + 2)
  })

  test('sees the generations as they are in its own snapshot', async () => {
    const maker = newMaker()
    expect((await maker.make(things(), [['1']])).generations).toEqual([])
    const id = { projection: 'things', store: 'postgres', version: 1, number: 7 }
    await addGeneration(inventory.write, id, { definitionHash: '', inputs: {}, promoteWhenBuilt: false })
    const { generations } = await maker.make(things(), [['1']])
    expect(generations.map(({ number, state }) => [number, state])).toEqual([[7, 'building']])
  })

  test('has a document for each key in turn, and none where the keys query has no such key', async () => {
    await inventory.write.query('update things set hidden = true where id = 2')
    const { documents } = await newMaker().make(things(), [['3'], ['2'], ['99'], ['1']])
    expect(documents.map(({ key, document }) => [key[0], document === null])).toEqual([
      ['3', false],
      ['2', true],
      ['99', true],
      ['1', false],
    ])
  })
})
