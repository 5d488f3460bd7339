import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection } from '../database.ts'
import { migrate } from '../schema/migrate.ts'
import { primaryMigrations } from '../schema/primary.ts'
import { withConnection } from '../testing/databases.ts'
import { insertEvents, interleaved, outboxStart, readAll } from '../testing/outbox.ts'
import { type Postgres, startPostgres } from '../testing/postgres.ts'
import { backendOf, untilBlocked } from '../testing/waits.ts'
import { loadGaps, rangesOf, storeGaps } from './gaps.ts'
import { type Cursor, OutboxReader, type OutboxRow } from './reader.ts'

// A server of its own: transaction ids are those of the whole server, and here nobody else takes any; and it is crashed.
let server: Postgres
let url: string
let opened: Connection[] = []

const open = async (applicationName: string) => {
  const connection = await connect({ url, applicationName })
  opened.push(connection)
  return connection
}

beforeAll(async () => {
  server = await startPostgres({ settings: { max_prepared_transactions: '5', autovacuum: 'off' } })
})

afterAll(() => server.stop())

beforeEach(async () => {
  url = await server.createDatabase()
  await withConnection(url, (connection) => migrate(connection, { table: 'migrations', migrations: primaryMigrations }))
})

afterEach(async () => {
  await Promise.all(opened.map((connection) => connection.end()))
  opened = []
})

const namesOf = (rows: readonly OutboxRow[]) => rows.map((row) => row.aggregateId)

describe('the bound of a gap', () => {
  test('is above every transaction that may own it, also one that began after all that have ended', async () => {
    // The first to take an id takes the higher position and commits: the snapshot's xmax is then the id of the other one.
    const [slow, quick] = [await open('slow'), await open('quick')]
    await quick.query('begin; select pg_current_xact_id()')
    await slow.query('begin')
    await insertEvents(slow, 'slow')
    await insertEvents(quick, 'quick')
    await quick.query('commit')
    const reader = new OutboxReader(await open('reader'), outboxStart, { patienceMs: 0 })
    const read = [await readAll(reader), await readAll(reader), await readAll(reader)]
    expect(namesOf(read.flat())).toEqual(['quick'])
    await slow.query('commit')
    expect(namesOf(await readAll(reader))).toEqual(['slow'])
  })

  test('is above a writer that has taken its position, but has not written its row yet', async () => {
    const [slow, quick] = [await open('slow'), await open('quick')]
    await quick.query(`
      create function stall() returns trigger language plpgsql as $$
      begin
        if new.aggregateid = 'slow' then perform pg_advisory_xact_lock(1); end if;
        return new;
      end $$;
      create trigger stall before insert on cornerman.outbox for each row execute function stall();
      select pg_advisory_lock(1)`)
    // Every 32nd position takes a transaction id by itself, the first among them: so this one is not to be the first.
    await insertEvents(quick, 'before')
    const pid = await backendOf(slow)
    const stalled = insertEvents(slow, 'slow')
    await untilBlocked(quick, pid)
    await insertEvents(quick, 'quick')
    const reader = new OutboxReader(await open('reader'), outboxStart, { patienceMs: 0 })
    const read = [await readAll(reader), await readAll(reader), await readAll(reader)]
    expect(namesOf(read.flat())).toEqual(['before', 'quick'])
    await quick.query('select pg_advisory_unlock(1)')
    await stalled
    expect(namesOf(await readAll(reader))).toEqual(['slow'])
  })
})

describe('gaps that have a bound', () => {
  let looks: number
  let reader: OutboxReader

  beforeEach(async () => {
    looks = 0
    const counted = interleaved(await open('reader'), (statement) => {
      if (statement.includes('gap(low, high)') && !statement.includes('min(recorded_at)')) looks++
    })
    reader = new OutboxReader(counted, outboxStart, { patienceMs: 0 })
  })

  const looksWhile = async (work: () => Promise<unknown>) => {
    const before = looks
    await work()
    return looks - before
  }
  const readTimes = async (times: number) => {
    for (let i = 0; i < times; i++) await reader.read(100)
  }

  test('are looked at once, then only when a transaction below the bound has ended', async () => {
    const [long, short, others] = [await open('long'), await open('short'), await open('others')]
    for (const writer of [long, short]) await writer.query('begin')
    await insertEvents(long, 'long')
    await insertEvents(short, 'short')
    await insertEvents(others, 'quick')
    await reader.read(100)
    expect(await looksWhile(() => readTimes(5))).toBe(1)
    for (let i = 0; i < 20; i++) {
      await insertEvents(others, `later ${i}`)
      expect(await looksWhile(() => reader.read(100)), 'a later transaction ends').toBe(0)
    }
    await short.query('rollback')
    expect(await looksWhile(() => readTimes(5)), 'an earlier one ends').toBe(1)
    expect(rangesOf((await reader.read(100)).cursor.gaps), 'and its gap waits for the oldest').toEqual([
      { from: 1, to: 2 },
    ])
    await long.query('commit')
    expect(await looksWhile(async () => expect(namesOf(await readAll(reader))).toEqual(['long']))).toBe(1)
    expect(rangesOf((await reader.read(100)).cursor.gaps)).toEqual([])
    expect(await looksWhile(() => readTimes(5))).toBe(0)
  })

  test('are exact while hundreds roll back beside a transaction that stays open, cost few looks, and close with it', async () => {
    const [long, others] = [await open('long'), await open('others')]
    await long.query('begin')
    await insertEvents(long, 'long')
    let rolledBack = 1
    for (let i = 0; i < 300; i++) {
      await others.query('begin')
      await insertEvents(others, `other ${i}`)
      const commits = i % 5 !== 0
      await others.query(commits ? 'commit' : 'rollback')
      if (!commits) rolledBack++
      const rows = await readAll(reader)
      expect(namesOf(rows)).toEqual(commits ? [`other ${i}`] : [])
    }
    const { gaps } = (await reader.read(100)).cursor
    expect(rangesOf(gaps)).toHaveLength(rolledBack - 1)
    expect(rangesOf(gaps).reduce((sum, { from, to }) => sum + to - from + 1, 0)).toBe(rolledBack)
    expect(looks).toBeLessThanOrEqual(2 * rolledBack)
    await long.query('commit')
    expect(namesOf(await readAll(reader))).toEqual(['long'])
    expect(rangesOf((await reader.read(100)).cursor.gaps)).toEqual([])
  })
})

/** As a checkpoint keeps it. */
const kept = ({ position, rowId, gaps }: Cursor) => JSON.stringify({ position, rowId, gaps: storeGaps(gaps) })
const restored = (text: string): Cursor => {
  const { position, rowId, gaps } = JSON.parse(text) as Cursor & { gaps: ReturnType<typeof storeGaps> }
  return { position, rowId, gaps: loadGaps(gaps) }
}

async function crash(): Promise<void> {
  await server.crash()
  opened = []
  await server.restart()
}

describe('when the server is killed', () => {
  test('while transactions are open, their gaps close, and what committed is delivered', async () => {
    const [bounded, fresh, others] = [await open('bounded'), await open('fresh'), await open('others')]
    const reader = new OutboxReader(await open('reader'), outboxStart, { patienceMs: 0 })
    for (const writer of [bounded, fresh]) await writer.query('begin')
    await insertEvents(bounded, 'bounded', 3)
    await insertEvents(others, 'first')
    const before = (await reader.read(10)).cursor
    await insertEvents(fresh, 'fresh', 40)
    await insertEvents(others, 'second')
    const page = await new OutboxReader(await open('patient'), before, {
      patienceMs: 60_000,
    }).read(10)
    expect(namesOf(page.rows)).toEqual(['second'])
    expect([page.cursor.gaps.fresh.length, page.cursor.gaps.bounded.length]).toEqual([1, 1])
    const cursor = kept(page.cursor)
    await insertEvents(others, 'after the checkpoint')
    await insertEvents(bounded, 'never')
    await crash()
    await insertEvents(await open('others'), 'after the crash')
    const successor = new OutboxReader(await open('reader'), restored(cursor), { patienceMs: 0 })
    expect(namesOf(await readAll(successor))).toEqual(['after the checkpoint', 'after the crash'])
    for (let i = 0; i < 3; i++) await readAll(successor)
    expect(rangesOf((await successor.read(10)).cursor.gaps)).toEqual([])
  })

  test('a prepared transaction keeps its gap until it is committed', async () => {
    const [prepared, others] = [await open('prepared'), await open('others')]
    const reader = new OutboxReader(await open('reader'), outboxStart, { patienceMs: 0 })
    await prepared.query('begin')
    await insertEvents(prepared, 'prepared')
    await prepared.query("prepare transaction 'one'")
    await insertEvents(others, 'quick')
    const cursor = kept((await reader.read(10)).cursor)
    await crash()
    const successor = new OutboxReader(await open('reader'), restored(cursor), { patienceMs: 0 })
    for (let i = 0; i < 3; i++) expect(await readAll(successor)).toEqual([])
    await (await open('finisher')).query("commit prepared 'one'")
    expect(namesOf(await readAll(successor))).toEqual(['prepared'])
    expect(rangesOf((await successor.read(10)).cursor.gaps)).toEqual([])
  })
})
