import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { connect, type Connection } from '../database.ts'
import { newPrimary } from '../testing/databases.ts'
import { insertEvents, interleaved, outboxStart, readAll } from '../testing/outbox.ts'
import { backendOf, until, untilBlocked } from '../testing/waits.ts'
import { append } from './append.ts'
import { rangesOf } from './gaps.ts'
import { OutboxReader, type OutboxRow, type ReaderOptions } from './reader.ts'

let writer: Connection
let other: Connection
let connection: Connection
let opened: Connection[]

beforeEach(async () => {
  const url = await newPrimary()
  opened = []
  const open = async (applicationName: string) => {
    const made = await connect({ url, applicationName })
    opened.push(made)
    return made
  }
  writer = await open('writer')
  other = await open('other')
  connection = await open('reader')
})

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(opened.map((each) => each.end()))
})

/** A reader that gives gaps their bound at once. */
const newReader = (options: ReaderOptions = { patienceMs: 0 }) => new OutboxReader(connection, outboxStart, options)
const namesOf = (rows: readonly OutboxRow[]) => rows.map((row) => row.aggregateId)
const gapsOf = async (reader: OutboxReader) => rangesOf((await reader.read(100)).cursor.gaps)

const ofTypes = async (types: readonly string[] | null) => (await newReader({ types }).read(10)).rows
const closed = (reader: OutboxReader) => until('all gaps are closed', async () => (await gapsOf(reader)).length === 0)

/** A transaction of `writer` that has appended, another one's that has committed above it, and a reader that has seen that. */
async function readerAboveOpen(): Promise<OutboxReader> {
  const reader = newReader()
  await writer.query('begin')
  await insertEvents(writer, 'slow')
  await insertEvents(other, 'quick')
  expect(namesOf(await readAll(reader))).toEqual(['quick'])
  return reader
}

describe('a gap', () => {
  test('is kept while its transaction is open, however long that is, and its row delivered then', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'], now: Date.now() })
    const reader = await readerAboveOpen()
    for (let day = 1; day <= 30; day++) {
      vi.advanceTimersByTime(24 * 60 * 60 * 1_000)
      await insertEvents(other, `day ${day}`)
      expect(namesOf(await readAll(reader))).toEqual([`day ${day}`])
      expect(await gapsOf(reader)).toEqual([{ from: 1, to: 1 }])
    }
    await writer.query('commit')
    expect(namesOf(await readAll(reader))).toEqual(['slow'])
    await closed(reader)
  })

  test('is closed after its transaction was rolled back', async () => {
    const reader = await readerAboveOpen()
    await writer.query('rollback')
    await closed(reader)
    expect(await readAll(reader)).toEqual([])
  })

  test('is closed when a savepoint was rolled back, once the transaction around it has ended', async () => {
    const reader = newReader()
    await writer.query('begin')
    await insertEvents(writer, 'kept')
    await writer.query('savepoint tried')
    await insertEvents(writer, 'tried', 2)
    await writer.query('rollback to tried')
    await insertEvents(writer, 'kept too')
    await insertEvents(other, 'quick')
    expect(namesOf(await readAll(reader))).toEqual(['quick'])
    await writer.query('commit')
    expect(namesOf(await readAll(reader))).toEqual(['kept', 'kept too'])
    await closed(reader)
  })

  test('costs no transaction id before it has been open for the reader’s patience', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    await writer.query('begin')
    await insertEvents(writer, 'slow')
    await insertEvents(other, 'quick')
    const reader = newReader({ patienceMs: 1_000 })
    const boundsAfter = async (ms: number) => {
      vi.advanceTimersByTime(ms)
      return (await reader.read(100)).cursor.gaps.bounded.length
    }
    expect([await boundsAfter(0), await boundsAfter(999), await boundsAfter(1)]).toEqual([0, 0, 1])
    await writer.query('rollback')
  })

  test('of a jump of the sequence is one range, and closes', async () => {
    await insertEvents(writer, 'before')
    await writer.query('select cornerman.lift(0, 1000)')
    const [position] = await insertEvents(writer, 'after')
    expect(position).toBeGreaterThan(1_000_000)
    const reader = newReader()
    expect(namesOf(await readAll(reader))).toEqual(['before', 'after'])
    await closed(reader)
  })
})

test('a writer has its transaction id before it takes a position', async () => {
  const pid = await backendOf(writer)
  // Nobody can take a position while the sequence is being altered.
  await other.query('begin; alter sequence cornerman.outbox_position cache 1')
  const inserting = insertEvents(writer, 'waits')
  await untilBlocked(connection, pid)
  const { rows } = await connection.query(
    'select backend_xid is not null as has_id from pg_stat_activity where pid = $1',
    [pid],
  )
  expect(rows).toEqual([{ has_id: true }])
  await other.query('rollback')
  await inserting
})
describe('a page', () => {
  test('bears each row as it was appended, ascending', async () => {
    await writer.query('begin')
    const appended = await append(writer, [
      { type: 'A', aggregateType: 'thing', aggregateId: 'a', payload: { n: 1 }, headers: { h: 'x' } },
      { type: 'B', aggregateType: 'thing', aggregateId: 'b', payload: {} },
    ])
    await writer.query('commit')
    const [first, second] = await readAll(newReader())
    expect(first).toMatchObject({
      ...appended[0],
      aggregateType: 'thing',
      aggregateId: 'a',
      type: 'A',
      headers: '{"h": "x"}',
    })
    expect(JSON.parse(first!.payload)).toEqual({ type: 'A', n: 1 })
    expect(second).toMatchObject({ ...appended[1], type: 'B' })
    expect(Math.abs(first!.recordedAtMs - Date.now())).toBeLessThan(60_000)
  })

  test('leaves out the payload of types that are not wanted, and nothing else', async () => {
    await writer.query('begin')
    for (const type of ['Wanted', 'Other'])
      await append(writer, { type, aggregateType: 'thing', aggregateId: type, payload: { n: 1 }, headers: { h: 'x' } })
    await writer.query('commit')
    const all = await ofTypes(null)
    const some = await ofTypes(['Wanted'])
    expect(some).toEqual(all.map((row) => (row.type === 'Wanted' ? row : { ...row, payload: '' })))
    expect((await ofTypes([])).map((row) => row.payload)).toEqual(['', ''])
    expect(all.map((row) => row.payload)).not.toContain('')
  })

  test('has no more rows than asked for, and all come: above the cursor and out of gaps larger than a page', async () => {
    await writer.query('begin')
    await insertEvents(writer, 'bulk', 25)
    await insertEvents(other, 'quick', 25)
    const reader = newReader()
    await readAll(reader, 10)
    await insertEvents(other, 'later', 25)
    await writer.query('commit')
    const rows: OutboxRow[] = []
    for (let page = await reader.read(10); ; page = await reader.read(10)) {
      expect(page.rows.length).toBeLessThanOrEqual(10)
      expect(page.rows.map((row) => row.position)).toEqual(page.rows.map((row) => row.position).sort((a, b) => a - b))
      rows.push(...page.rows)
      if (page.reachedEnd) break
    }
    expect(rows.map((row) => row.position).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 25 }, (_, i) => [1 + i, 51 + i])
        .flat()
        .sort((a, b) => a - b),
    )
    await closed(reader)
  })

  test('is read again when one of its statements fails: the reader has not moved', async () => {
    await insertEvents(other, 'a', 3)
    let failures = 1
    const failing = interleaved(connection, (statement) => {
      if (statement.includes('min(recorded_at)') && failures-- > 0) throw new Error('cut')
    })
    const reader = new OutboxReader(failing, outboxStart)
    await expect(reader.read(1)).rejects.toThrow('cut')
    expect((await readAll(reader, 1)).map((row) => row.position)).toEqual([1, 2, 3])
  })

  test('comes from a backlog that is too large to be passed over in the time of a statement', async () => {
    await insertEvents(other, 'backlog', 40_000)
    const hurried = interleaved(connection, async (statement) => {
      await connection.query(`set statement_timeout = ${statement.includes('min(recorded_at)') ? 1 : 30_000}`)
    })
    const page = await new OutboxReader(hurried, outboxStart).read(10)
    expect(page.rows).toHaveLength(10)
    expect(page.atMs).toBe(0)
  })
})
