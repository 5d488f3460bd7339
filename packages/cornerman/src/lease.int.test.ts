import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { randomUUID } from 'node:crypto'
import { monotonicMs } from './backoff.ts'
import { connect, type Connection, openPool, type Queryable } from './database.ts'
import { acquireLease, holdsLease, type Lease, type LeaseOptions } from './lease.ts'
import { newPrimary } from './testing/databases.ts'
import { interleaved } from './testing/outbox.ts'
import { backendOf, until, untilBlocked } from './testing/waits.ts'

let url: string
let name: string
let opened: Connection[]
let leases: Lease[]
let ended: AbortController

beforeAll(async () => {
  url = await newPrimary()
})

beforeEach(() => {
  name = `lease ${randomUUID()}`
  opened = []
  leases = []
  ended = new AbortController()
})

afterEach(async () => {
  vi.useRealTimers()
  ended.abort()
  await Promise.all(leases.map((lease) => lease.release()))
  await Promise.all(opened.map((connection) => connection.end()))
})

const open = async () => {
  const connection = await connect({ url, applicationName: 'lease' })
  opened.push(connection)
  return connection
}

async function acquire(db: Queryable, options: Partial<LeaseOptions> = {}): Promise<Lease | undefined> {
  const lease = await acquireLease(db, name, { holder: 'test', signal: ended.signal, ...options })
  if (lease !== undefined) leases.push(lease)
  return lease
}

async function acquired(db: Queryable, options: Partial<LeaseOptions> = {}): Promise<Lease> {
  const lease = await acquire(db, options)
  expect(lease).toBeDefined()
  return lease!
}

const aborted = (signal: AbortSignal) => until('the signal is aborted', () => signal.aborted)
const rowOf = async (db: Connection) =>
  (await db.query('select token, holder, beat, xmax::text from cornerman.leases where name = $1', [name])).rows[0]!

/** A holder that is gone without a word: `beat` stands still. */
const deadHolder = (db: Connection, timeMs: number, renewedAt = 'now') =>
  db.query(
    `insert into cornerman.leases (name, token, holder, time_ms, renewed_at) values ($1, gen_random_uuid(), 'dead', $2, $3)`,
    [name, timeMs, renewedAt],
  )

describe('a lease', () => {
  test('has one holder at a time; the one who waits is told once who it is', async () => {
    const contenders = await Promise.all(Array.from({ length: 4 }, open))
    const told: string[] = []
    const won: Lease[] = []
    const waiting = contenders.map((db, i) =>
      acquire(db, { holder: `process ${i}`, timeMs: 60_000, onStandby: (holder) => told.push(holder) }).then(
        (lease) => lease !== undefined && won.push(lease),
      ),
    )
    await until('three stand by', () => told.length === 3)
    expect(won).toHaveLength(1)
    expect(new Set(told).size).toBe(1)
    for (let turns = 1; turns < 4; turns++) {
      await won.at(-1)!.release()
      await until('the next has it', () => won.length === turns + 1)
    }
    await Promise.all(waiting)
    expect(won.map((lease) => lease.lost.aborted)).toEqual([false, false, false, false])
    expect(told).toHaveLength(3)
  })

  test('is taken long before its time is over when it was released', async () => {
    const [db, other] = [await open(), await open()]
    const first = await acquired(db, { timeMs: 60_000 })
    const startedAt = monotonicMs()
    const second = acquired(other, { timeMs: 60_000, onStandby: () => void first.release() })
    expect((await second).lost.aborted).toBe(false)
    expect(monotonicMs() - startedAt).toBeLessThan(10_000)
  })

  test('is waited for until the signal ends that', async () => {
    const db = await open()
    await deadHolder(db, 60_000)
    const waiting = acquire(await open(), { onStandby: () => ended.abort() })
    expect(await waiting).toBeUndefined()
    expect((await rowOf(db))['holder']).toBe('dead')
  })

  test('is waited for without a lock on its row and without a transaction id', async () => {
    const db = await open()
    await deadHolder(db, 600)
    let looks = 0
    const waiter = interleaved(await open(), () => void looks++)
    const waiting = acquire(waiter)
    await until('it has looked often', () => looks >= 3)
    expect((await rowOf(db))['xmax']).toBe('0')
    ended.abort()
    await waiting
  })
})

describe('a holder that gives no sign', () => {
  test('is taken over after its own time, not after the time of the one who waits', async () => {
    const db = await open()
    await deadHolder(db, 500)
    const startedAt = monotonicMs()
    const lease = await acquired(await open(), { timeMs: 50 })
    expect(monotonicMs() - startedAt).toBeGreaterThanOrEqual(500)
    expect(await rowOf(db)).toMatchObject({ token: lease.token, holder: 'test' })
  })

  test.each(['infinity', '-infinity'])('is taken over whatever the clocks say: renewed at %s', async (renewedAt) => {
    await deadHolder(await open(), 300, renewedAt)
    await acquired(await open())
  })

  test('is taken over also when it had renewed for a while before', async () => {
    const db = await open()
    const first = await acquired(db, { timeMs: 400 })
    const observer = await open()
    const beat = async () => (await rowOf(observer))['beat'] as number
    let looks = 0
    const waiting = acquire(interleaved(await open(), () => void looks++))
    await until('it has been watched while it renewed', async () => looks > 5 && (await beat()) > 3)
    await db.end()
    const second = await waiting
    expect(await rowOf(observer)).toMatchObject({ token: second!.token })
    await aborted(first.lost)
  })

  test('is not taken over when it gives a sign at the last moment', async () => {
    const db = await open()
    await deadHolder(db, 200)
    let late = 0
    const renews = async (statement: string) => {
      if (!statement.includes('token = $5') || late++ > 0) return
      await db.query('update cornerman.leases set beat = beat + 1 where name = $1', [name])
    }
    const lease = await acquired(interleaved(await open(), renews))
    expect(late, 'the first try to take over came too late').toBe(2)
    expect(await rowOf(db)).toMatchObject({ token: lease.token })
  })

  test('knows itself that its time is over, before anybody else has taken over', async () => {
    const db = await open()
    const lease = await acquired(db, { timeMs: 400 })
    await db.end()
    let lostFirst: boolean | undefined
    const next = acquired(await open()).then((taken) => {
      lostFirst = lease.lost.aborted
      return taken
    })
    await next
    expect(lostFirst).toBe(true)
    expect(lease.lost.reason).toMatchObject({ code: 'LEASE_LOST' })
  })

  test('knows it also when its renewal hangs, and can still be released', async () => {
    const [pool, other] = [openPool({ url, applicationName: 'lease', max: 3 }), await open()]
    const lease = await acquired(pool, { timeMs: 400 })
    await other.query('begin')
    await other.query('select 1 from cornerman.leases where name = $1 for update', [name])
    await aborted(lease.lost)
    await lease.release()
    await other.query('rollback')
    await pool.end()
  })
})

describe('a holder that renews', () => {
  test('is never taken over, also by one whose own time is much shorter', async () => {
    const db = await open()
    const lease = await acquired(db, { timeMs: 600 })
    let looks = 0
    const waiting = acquire(
      interleaved(await open(), () => void looks++),
      { timeMs: 20 },
    )
    await until('it has looked for more than three times the time', () => looks > 20)
    expect(lease.lost.aborted).toBe(false)
    expect(await rowOf(db)).toMatchObject({ token: lease.token })
    ended.abort()
    expect(await waiting).toBeUndefined()
  })

  test('is not taken over when the wall clock of the one who waits jumps', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const lease = await acquired(await open(), { timeMs: 600 })
    let looks = 0
    const clock = interleaved(await open(), () => {
      vi.setSystemTime(Date.now() + (looks++ % 2 === 0 ? 3_600_000 : -3_600_000))
    })
    const waiting = acquire(clock)
    await until('it has looked often', () => looks > 10)
    expect(lease.lost.aborted).toBe(false)
    ended.abort()
    expect(await waiting).toBeUndefined()
  })

  test('hears that the lease has gone to somebody else', async () => {
    const [db, other] = [await open(), await open()]
    const lease = await acquired(db, { timeMs: 3_000 })
    const startedAt = monotonicMs()
    await takeOver(other, randomUUID())
    await aborted(lease.lost)
    expect(monotonicMs() - startedAt, 'with the next renewal, not when its time is over').toBeLessThan(2_500)
    expect(lease.lost.reason).toMatchObject({ code: 'LEASE_LOST', message: expect.stringContaining(name) })
    await lease.release()
    expect((await rowOf(other))['token']).not.toBeNull()
  })

  test('is not lost by being released', async () => {
    const db = await open()
    const lease = await acquired(db, { timeMs: 200 })
    await lease.release()
    await lease.release()
    expect((await rowOf(db))['token']).toBeNull()
    expect(lease.lost.aborted).toBe(false)
  })
})

const write = (db: Connection, token: string) =>
  db.query(`update kept set writer = $2 where ${holdsLease('$1', '$2')}`, [name, token])
/** As another process does. */
const takeOver = (db: Connection, token: string) =>
  db.query('update cornerman.leases set token = $2, beat = beat + 1 where name = $1', [name, token])

describe('a statement that rests on the lease', () => {
  const [old, next] = [randomUUID(), randomUUID()]

  beforeEach(async () => {
    const db = await open()
    await db.query(
      `create table if not exists kept (writer text); delete from kept; insert into kept values ('nobody')`,
    )
    await db.query(`insert into cornerman.leases (name, token, holder) values ($1, $2, 'old')`, [name, old])
  })

  test('matches a row for its holder only', async () => {
    const db = await open()
    expect((await write(db, old)).rowCount).toBe(1)
    expect((await write(db, next)).rowCount).toBe(0)
    await takeOver(db, next)
    expect((await write(db, old)).rowCount).toBe(0)
    expect((await write(db, next)).rowCount).toBe(1)
  })

  test('matches none when the lease is taken over while it waits', async () => {
    const [holder, taker, observer] = [await open(), await open(), await open()]
    const pid = await backendOf(holder)
    await taker.query('begin')
    await takeOver(taker, next)
    const writing = write(holder, old)
    await untilBlocked(observer, pid)
    await taker.query('commit')
    expect((await writing).rowCount).toBe(0)
  })

  test('lets nobody take over before its transaction has ended', async () => {
    const [holder, taker, observer] = [await open(), await open(), await open()]
    const pid = await backendOf(taker)
    await holder.query('begin')
    expect((await write(holder, old)).rowCount).toBe(1)
    const taking = takeOver(taker, next)
    await untilBlocked(observer, pid)
    await holder.query('commit')
    expect((await taking).rowCount).toBe(1)
    expect((await observer.query('select writer from kept')).rows).toEqual([{ writer: old }])
  })
})
