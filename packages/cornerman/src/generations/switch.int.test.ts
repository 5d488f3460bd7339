import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection } from '../database.ts'
import type { StoredWatermark } from '../freshness/watermark.ts'
import { newPrimary } from '../testing/databases.ts'
import { insertEvents } from '../testing/outbox.ts'
import { addGeneration, fed, type Generation, markBroken, readGenerations } from './catalog.ts'
import { beginSwitch, hasPassed } from './switch.ts'

const id = { projection: 'p', store: 's', version: 1, number: 2 }

let db: Connection

beforeEach(async () => {
  db = await connect({ url: await newPrimary(), applicationName: 'switch' })
  await addGeneration(db, id, { definitionHash: '', inputs: {}, promoteWhenBuilt: false })
})

afterEach(() => db.end())

const at = (position: number) => ({ position }) as StoredWatermark

describe('a switch', () => {
  test('waits until every watermark of its target has passed what was committed when it was announced', async () => {
    const [, end] = await insertEvents(db, 'before', 2)
    const announced = (await beginSwitch(db, id))!
    await insertEvents(db, 'after', 3)
    expect(announced.end).toBe(end)
    expect(hasPassed(announced, [])).toBe(false)
    expect(hasPassed(announced, [at(end! - 1)])).toBe(false)
    expect(hasPassed(announced, [at(end!), at(end! - 1)])).toBe(false)
    expect(hasPassed(announced, [at(end!), at(end! + 1)])).toBe(true)
  })

  test('is told to attempts from its announcement on', async () => {
    expect((await readGenerations(db, 'p', 's'))[0]!.switching).toBe(false)
    await beginSwitch(db, id)
    expect((await readGenerations(db, 'p', 's'))[0]!.switching).toBe(true)
  })

  test('to a broken generation is not begun', async () => {
    await markBroken(db, id, 'the disk was full')
    expect(await beginSwitch(db, id)).toBeUndefined()
  })
})

describe('the generations that an attempt writes to', () => {
  const generation = (number: number, facts: Partial<Generation>): Generation => ({
    version: 1,
    number,
    state: 'retained',
    switching: false,
    broken: null,
    definitionHash: '',
    promoteWhenBuilt: false,
    ...facts,
  })

  test('are all of its version that are kept up, the one that is live last, after one that is switched to', () => {
    const all = [
      generation(1, { state: 'live' }),
      generation(2, { state: 'building', switching: true }),
      generation(3, {}),
      generation(4, { broken: 'the disk was full' }),
      generation(5, { state: 'dropping' }),
      generation(6, { version: 2, state: 'live' }),
    ]
    expect(fed(all, 1).map(({ number }) => number)).toEqual([3, 2, 1])
    expect(fed(all, 2).map(({ number }) => number)).toEqual([6])
  })
})
