import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection, openPool, type Pool } from '../../database.ts'
import type { Feed, FeedBatch, FeedSession } from '../../feed.ts'
import { newPrimary } from '../../testing/databases.ts'
import { insertEvents } from '../../testing/outbox.ts'
import { until } from '../../testing/waits.ts'
import { outboxFeed } from './feed.ts'

const note = { watermarks: { 'v1-g1 outbox': 3 }, contentPosition: 7 }
const applicationName = 'cornerman feed p'

let url: string
let pool: Pool
let other: Connection
let feed: Feed
let sessions: FeedSession[]
let ended: AbortController

beforeEach(async () => {
  url = await newPrimary()
  pool = openPool({ url, applicationName: 'pool', max: 6 })
  other = await connect({ url, applicationName: 'other' })
  feed = outboxFeed({ url, pool, holder: 'one', leaseTimeMs: 300 })
  sessions = []
  ended = new AbortController()
})

afterEach(async () => {
  ended.abort()
  await Promise.all(sessions.map((session) => session.close()))
  await Promise.all([pool.end(), other.end()])
})

async function opened(of: Feed = feed): Promise<FeedSession> {
  const session = await of.open({ projection: 'p', store: 's', types: ['Happened'], signal: ended.signal })
  sessions.push(session!)
  return session!
}

const next = (session: FeedSession, eventsMax = 100) => session.next(eventsMax, ended.signal)
const namesOf = (batch: FeedBatch) => batch.events.map((event) => event.aggregateId)

/** The checkpoint, without what every commit changes. */
const checkpoint = async () =>
  (await other.query(`select to_jsonb(c) - 'updated_at' as row from cornerman.checkpoints c`)).rows[0]![
    'row'
  ] as Record<string, unknown>

const feedConnections = async () =>
  (await other.query('select 1 from pg_stat_activity where application_name = $1', [applicationName])).rows.length

describe('committing', () => {
  test('keeps cursor, instant and notes in one row', async () => {
    const positions = await insertEvents(other, 'a', 3)
    const session = await opened()
    const batch = await next(session)
    await session.commit(batch, note)
    const { rows } = await other.query(
      `select position, row_id, content_position, watermarks, (extract(epoch from at) * 1000)::float8 as at_ms from cornerman.checkpoints`,
    )
    expect(rows[0]).toMatchObject({
      position: positions.at(-1),
      row_id: batch.events.at(-1)!.id,
      content_position: note.contentPosition,
      watermarks: note.watermarks,
    })
    expect(rows[0]!['at_ms']).toBeCloseTo(batch.claims[0]!.atMs, 2)
  })

  test('throws LEASE_LOST and changes nothing once another process has taken over', async () => {
    await insertEvents(other, 'a', 3)
    const first = await opened()
    const stale = await next(first)
    // The process stood still: it neither renews nor hears that its turn is over.
    await other.query('update cornerman.leases set token = null')
    const second = await opened(outboxFeed({ url, pool, holder: 'two', leaseTimeMs: 300 }))
    await second.commit(await next(second), note)
    await insertEvents(other, 'b')
    const kept = await checkpoint()
    await expect(first.commit(stale, { watermarks: {}, contentPosition: 0 })).rejects.toMatchObject({
      code: 'LEASE_LOST',
    })
    expect(await checkpoint()).toEqual(kept)
    await until('the first hears of it', () => first.lost.aborted)
    expect(first.lost.reason).toMatchObject({ code: 'LEASE_LOST' })
    expect(namesOf(await next(second))).toEqual(['b'])
  })

  test('does not write the gaps of a long transaction again while they are the same', async () => {
    const long = await connect({ url, applicationName: 'long' })
    await long.query('begin')
    const [gap] = await insertEvents(long, 'long')
    const session = await opened()
    let quick = 0
    const commitOne = async () => {
      await insertEvents(other, `quick ${quick++}`)
      await session.commit(await next(session), note)
    }
    await until('the gap has a bound', async () => {
      await commitOne()
      return ((await checkpoint())['old_gaps'] as unknown[]).length > 0
    })
    const marked = [[gap, gap, '1']]
    await other.query('update cornerman.checkpoints set old_gaps = $1', [JSON.stringify(marked)])
    // The next read looks at the gaps, finds nothing, and notes that it has looked.
    for (let i = 0; i < 5; i++) await commitOne()
    expect((await checkpoint())['old_gaps']).toEqual(marked)
    await long.query('commit')
    const batch = await next(session)
    expect(namesOf(batch)).toEqual(['long'])
    await session.commit(batch, note)
    expect(await checkpoint()).toMatchObject({ new_gaps: [], old_gaps: [] })
    await long.end()
  })

  test('keeps the place of the batch, not of what was read since', async () => {
    await insertEvents(other, 'a', 2)
    const session = await opened()
    const batch = await next(session, 1)
    expect(namesOf(await next(session, 1))).toEqual(['a'])
    await session.commit(batch, note)
    await session.close()
    const [first] = (await other.query('select position from cornerman.outbox order by position')).rows
    expect(await checkpoint()).toMatchObject(first!)
    expect(namesOf(await next(await opened()))).toEqual(['a'])
  })

  test('refuses a batch of another session', async () => {
    await insertEvents(other, 'a')
    const first = await opened()
    const batch = await next(first)
    await first.close()
    const second = await opened()
    await expect(second.commit(batch, note)).rejects.toThrow('another session')
  })
})

describe('a batch', () => {
  test('has no more events than asked for, also when a gap has given some', async () => {
    const slow = await connect({ url, applicationName: 'slow' })
    await slow.query('begin')
    await insertEvents(slow, 'slow', 7)
    await insertEvents(other, 'quick')
    const session = await opened()
    expect(namesOf(await next(session, 5))).toEqual(['quick'])
    await insertEvents(other, 'more', 7)
    await slow.query('commit')
    const taken: string[] = []
    while (taken.length < 14) {
      const batch = await next(session, 5)
      expect(batch.events.length).toBeLessThanOrEqual(5)
      taken.push(...namesOf(batch))
    }
    expect(taken.filter((name) => name === 'slow')).toHaveLength(7)
    await slow.end()
  })

  test('says whether more is waiting', async () => {
    await insertEvents(other, 'a', 4)
    const session = await opened()
    expect((await next(session, 3)).more).toBe(true)
    expect((await next(session, 3)).more).toBe(false)
  })

  test('is not waited for when the signal is aborted', async () => {
    const session = await opened()
    const waiting = new AbortController()
    const pending = session.next(5, waiting.signal)
    waiting.abort(new Error('enough'))
    await expect(pending).rejects.toThrow('enough')
    await insertEvents(other, 'a')
    expect(namesOf(await next(session))).toEqual(['a'])
  })
})

describe('a new projection', () => {
  test('begins where the outbox begins, also when rows have been dropped', async () => {
    await insertEvents(other, 'dropped', 3)
    await other.query('delete from cornerman.outbox; update cornerman.outbox_state set floor = 4')
    await insertEvents(other, 'a')
    expect(namesOf(await next(await opened()))).toEqual(['a'])
  })
})

describe('closing', () => {
  test('leaves no connection, and the turn to the next at once', async () => {
    await insertEvents(other, 'a')
    const session = await opened()
    const reading = session.next(5, ended.signal)
    await reading
    const blocked = session.next(5, ended.signal)
    blocked.catch(() => undefined)
    expect(await feedConnections()).toBe(1)
    await session.close()
    await expect(blocked).rejects.toThrow()
    await until('its connection is gone', async () => (await feedConnections()) === 0)
    const successor = await opened()
    expect(successor.lost.aborted).toBe(false)
    await successor.close()
    await until('its connection is gone too', async () => (await feedConnections()) === 0)
    expect(pool.waitingCount).toBe(0)
    expect(pool.totalCount).toBe(pool.idleCount)
  })

  test('gives the lease back when the connection cannot be had', async () => {
    const unreachable = new URL(url)
    unreachable.port = '1'
    const broken = outboxFeed({ url: unreachable.href, pool, holder: 'broken', leaseTimeMs: 60_000 })
    await expect(broken.open({ projection: 'p', store: 's', types: [], signal: ended.signal })).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
    })
    const { rows } = await other.query('select token from cornerman.leases')
    expect(rows).toEqual([{ token: null }])
  })
})
