import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection, openPool, type Pool } from '../database.ts'
import { newPrimary } from '../testing/databases.ts'
import { insertEvents, interleaved, outboxStart, readAll, usePartitionsOf } from '../testing/outbox.ts'
import { backendOf, untilBlocked } from '../testing/waits.ts'
import { extendOutbox, pruneOutbox } from './partitions.ts'
import { OutboxReader } from './reader.ts'

const size = 10
let url: string
let writer: Connection
let other: Connection
let pool: Pool

beforeEach(async () => {
  url = await newPrimary()
  writer = await connect({ url, applicationName: 'writer' })
  other = await connect({ url, applicationName: 'other' })
  pool = openPool({ url, applicationName: 'prune', max: 4 })
  await usePartitionsOf(other, size)
})

afterEach(async () => {
  await Promise.all([writer.end(), other.end(), pool.end()])
})

interface Part {
  name: string
  from: number
  to: number
}

const partitions = async () =>
  (
    await other.query<Part>(
      'select name, from_position as "from", to_position as "to" from cornerman.outbox_partitions where emptied_at is null order by from_position',
    )
  ).rows

const attached = async () =>
  Number(
    (await other.query(`select count(*) from pg_inherits where inhparent = 'cornerman.outbox'::regclass`)).rows[0]![
      'count'
    ],
  )

const extended = async (db: Connection | Pool) =>
  (await db.query<{ made: number }>('select cornerman.extend_outbox() as made')).rows[0]!.made

const names = (...lowest: number[]) => lowest.map((position) => `outbox_p${position}`)
const checkpoint = (position: number, gaps: { fresh?: number[][]; bounded?: unknown[][] } = {}) =>
  other.query(
    `insert into cornerman.checkpoints (projection, store, position, new_gaps, old_gaps) values ('p', 's', $1, $2, $3)
     on conflict (projection, store) do update set position = excluded.position, new_gaps = excluded.new_gaps, old_gaps = excluded.old_gaps`,
    [position, JSON.stringify(gaps.fresh ?? []), JSON.stringify(gaps.bounded ?? [])],
  )
const prune = (options: { retentionMs?: number; force?: boolean } = {}) =>
  pruneOutbox(pool, { retentionMs: 0, force: false, ...options })

describe('partitions', () => {
  test('are made far ahead, one after the other without a hole, and once', async () => {
    const made = await partitions()
    expect(made).toHaveLength(20)
    expect(made[0]).toMatchObject({ name: 'outbox_p1', from: 1, to: 11 })
    made.slice(1).forEach((part, i) => expect(part.from).toBe(made[i]!.to))
    expect(await extended(other)).toBe(0)
    await insertEvents(writer, 'a', 35)
    expect(await extended(other)).toBe(4)
    expect((await partitions()).at(-1)!.to).toBeGreaterThan(35 + 20 * size)
    expect(await attached()).toBe(24)
  })

  test('are made once by many processes at a time', async () => {
    await insertEvents(writer, 'a', 100)
    await Promise.all(Array.from({ length: 4 }, () => extendOutbox(pool)))
    expect(await extended(other)).toBe(0)
    const made = await partitions()
    expect(made).toHaveLength(30)
    made.slice(1).forEach((part, i) => expect(part.from).toBe(made[i]!.to))
    expect(await attached()).toBe(30)
  })

  test('are made while a transaction that has appended is open, and others append', async () => {
    await writer.query('begin')
    await insertEvents(writer, 'open', 15)
    expect(await extended(other)).toBe(2)
    await insertEvents(other, 'beside', 30)
    expect(await extended(other)).toBe(3)
    await insertEvents(writer, 'open', 15)
    await writer.query('commit')
    expect((await other.query('select count(*)::int as n from cornerman.outbox')).rows).toEqual([{ n: 60 }])
  })

  test('are made later when the outbox is locked against that', async () => {
    await insertEvents(writer, 'a', 20)
    await writer.query('begin; lock table cornerman.outbox in share update exclusive mode')
    await extendOutbox(pool)
    expect(await partitions()).toHaveLength(20)
    await writer.query('commit')
    await extendOutbox(pool)
    expect(await partitions()).toHaveLength(22)
  })
})

describe('pruning', () => {
  test('drops what everybody has passed, and keeps the row at a cursor and the partition of the newest row', async () => {
    await insertEvents(writer, 'a', 35)
    await checkpoint(10)
    expect(await prune()).toEqual([])
    await checkpoint(20)
    expect(await prune()).toEqual(names(1))
    await checkpoint(35)
    expect(await prune()).toEqual(names(11, 21))
    expect((await partitions())[0]!.name).toBe('outbox_p31')
    expect(await attached()).toBe(17)
    expect(await readAll(new OutboxReader(other, { ...outboxStart, position: 30 }))).toHaveLength(5)
  })

  test.each([
    ['without a bound', { fresh: [[7, 8]] }],
    ['with a bound', { bounded: [[7, 8, '1000']] }],
  ])('keeps what lies in a gap %s', async (_, gaps) => {
    await insertEvents(writer, 'a', 35)
    await checkpoint(35, gaps)
    expect(await prune()).toEqual([])
    await checkpoint(35)
    expect(await prune()).toEqual(names(1, 11, 21))
  })

  test('keeps what is younger than the retention', async () => {
    await insertEvents(writer, 'a', 35)
    expect(await prune({ retentionMs: 60_000, force: true })).toEqual([])
    await other.query(
      `update cornerman.outbox set recorded_at = recorded_at - interval '2 minutes' where position <= 20`,
    )
    expect(await prune({ retentionMs: 60_000 })).toEqual(names(1, 11))
  })

  test('drops what was never read only by force', async () => {
    await insertEvents(writer, 'a', 25)
    await checkpoint(0)
    expect(await prune()).toEqual([])
    expect(await prune({ force: true })).toEqual(names(1, 11))
    expect(await prune({ force: true })).toEqual([])
  })

  test('drops partitions that a jump of the sequence has left empty', async () => {
    await insertEvents(writer, 'a', 5)
    await other.query(`select setval('cornerman.outbox_position', 100)`)
    await insertEvents(writer, 'b')
    expect(await prune()).toEqual(names(1, 11, 21, 31, 41, 51, 61, 71, 81, 91))
    await other.query(`select setval('cornerman.outbox_position', 150)`)
    await other.query('delete from cornerman.outbox')
    await insertEvents(writer, 'c')
    expect(await prune()).toEqual(names(101, 111, 121, 131, 141))
  })

  test('is not in the way of a vacuum of another partition, nor that in its', async () => {
    await insertEvents(writer, 'a', 15)
    await other.query('begin; lock table cornerman.outbox_p11 in share update exclusive mode')
    expect(await prune()).toEqual(names(1))
    await other.query('commit')
    expect(await attached()).toBe(19)
  })

  test('may be done by two processes at a time, each partition once', async () => {
    await insertEvents(writer, 'a', 85)
    const [one, two] = await Promise.all([prune(), prune()])
    expect([...one, ...two].sort()).toEqual(names(1, 11, 21, 31, 41, 51, 61, 71).sort())
    await prune()
    expect(await attached()).toBe(12)
  })

  test('does not wait for a partition that another process is about to empty', async () => {
    await insertEvents(writer, 'a', 15)
    await other.query(`begin; select 1 from cornerman.outbox_partitions where name = 'outbox_p1' for update`)
    expect(await prune()).toEqual([])
    await other.query('commit')
    expect(await prune()).toEqual(names(1))
  })
})

/** Appends that fail if they wait for a lock for long, until `work` is done; how many they were. */
async function appendingDuring(work: Promise<unknown>): Promise<number> {
  await other.query(`set lock_timeout = '100ms'`)
  const over = new AbortController()
  const working = work.finally(() => over.abort())
  let appended = 0
  for (; !over.signal.aborted; appended++) await insertEvents(other, 'beside')
  await working
  await other.query('set lock_timeout = 0')
  return appended
}

describe('commands', () => {
  beforeEach(() => usePartitionsOf(other, 1_000))

  test('go on while partitions are made, emptied and dropped beside an open transaction that has appended', async () => {
    await insertEvents(other, 'old', 2_500)
    await writer.query('begin')
    await insertEvents(writer, 'open')
    const work = async () => {
      for (let i = 0; i < 30; i++) {
        await extendOutbox(pool)
        await prune({ force: true })
      }
    }
    expect(await appendingDuring(work())).toBeGreaterThan(30)
    const waiting = await other.query('select 1 from cornerman.outbox_partitions where emptied_at is not null')
    expect(waiting.rows, 'emptied, and to be dropped once nobody is in the way').toHaveLength(2)
    await writer.query('commit')
    await prune()
    const left = await other.query('select 1 from cornerman.outbox_partitions where emptied_at is not null')
    expect(left.rows).toEqual([])
  })

  test('go on while a partition cannot be emptied because an open transaction has appended to it', async () => {
    await writer.query('begin')
    await insertEvents(writer, 'open')
    await insertEvents(other, 'beside', 2_500)
    const work = async () => {
      for (let i = 0; i < 3; i++) expect(await prune({ force: true })).toEqual([])
    }
    expect(await appendingDuring(work())).toBeGreaterThan(3)
    await writer.query('commit')
    expect(await prune()).toContain('outbox_p1')
  })

  test('are not held up by one that waits to empty a partition', async () => {
    await writer.query('begin')
    await insertEvents(writer, 'open')
    await insertEvents(other, 'beside', 2_500)
    const pruner = await connect({ url, applicationName: 'pruner' })
    try {
      const pid = await backendOf(pruner)
      // Without its limit the wait lasts until the transaction has ended.
      await pruner.query('alter function cornerman.empty_outbox_partition(text) reset lock_timeout')
      const emptying = pruner.query(`select cornerman.empty_outbox_partition('outbox_p1')`)
      await untilBlocked(other, pid)
      await insertEvents(other, 'meanwhile', 30)
      await insertEvents(writer, 'open too')
      await untilBlocked(other, pid)
      await writer.query('commit')
      await emptying
    } finally {
      await pruner.end()
    }
  })
})

const reading = (reader: OutboxReader) => expect(reader.read(100)).rejects

describe('a reader whose rows were dropped before it had read them', () => {
  test('is LOST, and says from which position on', async () => {
    await insertEvents(writer, 'a', 25)
    const reader = new OutboxReader(other, { ...outboxStart, position: 4 })
    await prune({ force: true })
    await reading(reader).toMatchObject({ code: 'OUTBOX_LOST', message: expect.stringContaining('from position 5 on') })
    await reading(reader).toMatchObject({ code: 'OUTBOX_LOST' })
  })

  test('is LOST also when only a gap lay there', async () => {
    await writer.query('begin')
    await insertEvents(writer, 'slow')
    await insertEvents(other, 'quick', 25)
    const reader = new OutboxReader(other, outboxStart, { patienceMs: 0 })
    await readAll(reader)
    await writer.query('commit')
    await prune({ force: true })
    await reading(reader).toMatchObject({ code: 'OUTBOX_LOST', message: expect.stringContaining('from position 1 on') })
  })

  test('is LOST also when the gap’s row is dropped between the two statements of a read', async () => {
    await writer.query('begin')
    await insertEvents(writer, 'slow')
    await insertEvents(other, 'quick', 25)
    let drops = false
    const dropping = interleaved(other, async (statement) => {
      if (drops && statement.includes('gap(low, high)')) await prune({ force: true })
    })
    const reader = new OutboxReader(dropping, outboxStart, { patienceMs: 0 })
    await readAll(reader)
    await writer.query('commit')
    drops = true
    await reading(reader).toMatchObject({ code: 'OUTBOX_LOST' })
  })

  test('is not LOST when it had read all that was dropped', async () => {
    await insertEvents(writer, 'a', 25)
    const reader = new OutboxReader(other, outboxStart)
    await readAll(reader, 20)
    await prune({ force: true })
    await insertEvents(writer, 'b')
    expect(await readAll(reader)).toHaveLength(1)
    const atTheFloor = new OutboxReader(other, { ...outboxStart, position: 20 })
    expect(await readAll(atTheFloor)).toHaveLength(6)
  })
})
