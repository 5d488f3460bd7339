import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { connect, type Connection } from '../database.ts'
import { newPrimary } from '../testing/databases.ts'
import { insertEvents, outboxStart } from '../testing/outbox.ts'
import { type Random, seeded, seeds } from '../testing/random.ts'
import { OutboxReader, type Page } from './reader.ts'

let url: string
let opened: Connection[]

beforeEach(async () => {
  url = await newPrimary()
  opened = []
})

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(opened.map((connection) => connection.end()))
})

const open = async (applicationName: string) => {
  const connection = await connect({ url, applicationName })
  opened.push(connection)
  return connection
}

/** PostgreSQL's clock, in milliseconds. */
async function clock(connection: Connection): Promise<number> {
  const { rows } = await connection.query('select (extract(epoch from clock_timestamp()) * 1000)::float8 as now')
  return rows[0]!['now'] as number
}

/** Who saw what when: an instant by which each row's commit had returned, and the pages in their order. */
class Witness {
  readonly committedAt = new Map<number, number>()
  readonly #pages: Page[] = []

  async committed(connection: Connection, positions: readonly number[]): Promise<void> {
    const now = await clock(connection)
    for (const position of positions) this.committedAt.set(position, now)
  }

  read(page: Page): void {
    this.#pages.push(page)
  }

  get delivered(): Set<number> {
    return new Set(this.#pages.flatMap((page) => page.rows.map((row) => row.position)))
  }

  /** A page's instant is sound if every row that was committed before it came with that page or an earlier one. */
  expectSound(): void {
    const delivered = new Set<number>()
    for (const { rows, atMs } of this.#pages) {
      for (const { position } of rows) delivered.add(position)
      const late = [...this.committedAt].filter(([position, at]) => at < atMs && !delivered.has(position))
      expect(late, `committed before ${atMs}, and delivered after the page that says so`).toEqual([])
    }
  }
}

describe('the instant of a page, before which everything that was committed has been delivered', () => {
  test.each(seeds(2))('holds for writers and a reader at full speed, with the seed %i', async (seed) => {
    const witness = new Witness()
    const long = await open('long')
    await long.query('begin')
    const held = await insertEvents(long, 'long')
    const writers = await Promise.all(Array.from({ length: 5 }, (_, i) => open(`writer ${i}`)))
    const reader = new OutboxReader(await open('reader'), outboxStart, { patienceMs: 5 })
    let areWriting = true
    const writing = Promise.all(writers.map((writer, i) => write(writer, seeded(seed + i), witness))).finally(() => {
      areWriting = false
    })
    const random = seeded(seed)
    for (;;) {
      const wereWriting = areWriting
      const page = await reader.read(random.pick([3, 10, 200]))
      witness.read(page)
      if (!wereWriting && page.reachedEnd) break
    }
    await writing
    await long.query('commit')
    await witness.committed(long, held)
    for (let page = await reader.read(10); ; page = await reader.read(10)) {
      witness.read(page)
      if (page.reachedEnd) break
    }
    witness.expectSound()
    expect(witness.delivered).toEqual(new Set(witness.committedAt.keys()))
  })

  test('does not lie after the snapshot, when a commit comes between a statement’s snapshot and its execution', async () => {
    const witness = new Witness()
    const [writer, connection] = [await open('writer'), await open('reader')]
    await witness.committed(writer, await insertEvents(writer, 'before'))
    const held = holdExecution(connection)
    const reader = new OutboxReader(connection, outboxStart)
    const reading = reader.read(10)
    await held.bound
    await witness.committed(writer, await insertEvents(writer, 'between'))
    held.release()
    witness.read(await reading)
    expect(witness.delivered).toEqual(new Set([1]))
    witness.read(await reader.read(10))
    expect(witness.delivered).toEqual(new Set([1, 2]))
    witness.expectSound()
  })

  test('moves forward while a backlog is read, and holds', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const witness = new Witness()
    const [writer, long] = [await open('writer'), await open('long')]
    await long.query('begin')
    const old = await insertEvents(long, 'long')
    for (let i = 0; i < 10; i++) await witness.committed(writer, await insertEvents(writer, `${i}`, 20))
    const reader = new OutboxReader(await open('reader'), outboxStart, { patienceMs: 0 })
    const instants: number[] = []
    for (let i = 0; ; i++) {
      const page = await reader.read(20)
      witness.read(page)
      instants.push(page.atMs)
      // The row of a transaction that began before all of them: it is unread, and older than the instants so far.
      if (i === 3) await long.query('commit')
      if (i === 3) await witness.committed(long, old)
      if (page.reachedEnd) break
      vi.advanceTimersByTime(2_000)
    }
    witness.expectSound()
    expect(witness.delivered.size).toBe(201)
    expect(instants[0]).toBeGreaterThan(0)
    expect(instants).toEqual([...instants].sort((a, b) => a - b))
    expect(new Set(instants).size).toBeGreaterThan(6)
  })

  test('holds while a gap gives its rows page by page', async () => {
    const witness = new Witness()
    const [writer, bulk] = [await open('writer'), await open('bulk')]
    await bulk.query('begin')
    const positions = await insertEvents(bulk, 'bulk', 25)
    await witness.committed(writer, await insertEvents(writer, 'quick'))
    const reader = new OutboxReader(await open('reader'), outboxStart, { patienceMs: 0 })
    witness.read(await reader.read(10))
    await bulk.query('commit')
    await witness.committed(bulk, positions)
    for (let i = 0; i < 3; i++) witness.read(await reader.read(10))
    expect(witness.delivered.size).toBe(26)
    witness.expectSound()
  })

  test('is not ahead of the clock when a page was full and nothing came after it', async () => {
    const witness = new Witness()
    const writer = await open('writer')
    await witness.committed(writer, await insertEvents(writer, 'a', 10))
    const reader = new OutboxReader(await open('reader'), outboxStart)
    const page = await reader.read(10)
    witness.read(page)
    expect(page.reachedEnd).toBe(false)
    await witness.committed(writer, await insertEvents(writer, 'b'))
    witness.read(await reader.read(10))
    witness.expectSound()
  })

  test('moves with every read when nothing is left to read', async () => {
    const reader = new OutboxReader(await open('reader'), outboxStart)
    const first = await reader.read(10)
    const second = await reader.read(10)
    expect([first.reachedEnd, second.reachedEnd]).toEqual([true, true])
    expect(second.atMs).toBeGreaterThan(first.atMs)
  })
})

/** Transactions of one row and of many, some of them rolled back. */
async function write(writer: Connection, random: Random, witness: Witness): Promise<void> {
  for (let i = 0; i < 60; i++) {
    if (random.int(3) === 0) {
      await witness.committed(writer, await insertEvents(writer, 'single'))
      continue
    }
    await writer.query('begin')
    const positions = await insertEvents(writer, 'first', 1 + random.int(30))
    positions.push(...(await insertEvents(writer, 'second')))
    const commits = random.int(5) > 0
    await writer.query(commits ? 'commit' : 'rollback')
    if (commits) await witness.committed(writer, positions)
  }
}

/** The part of pg's protocol layer that sends a prepared statement. */
interface Wire {
  execute(config: unknown): void
  sync(): void
  flush(): void
  once(event: 'rowDescription', listener: () => void): void
}

/**
 * Sends the next statement only as far as its Bind, by which PostgreSQL takes its snapshot; `release` sends the Execute. On a
 * real network the two may come in different packets.
 */
function holdExecution(connection: Connection): { bound: Promise<void>; release(): void } {
  const { connection: wire } = connection as unknown as { connection: Wire }
  const bound = Promise.withResolvers<void>()
  let held: unknown
  wire.execute = (config) => {
    held = config
    wire.once('rowDescription', bound.resolve)
    wire.flush()
  }
  wire.sync = () => undefined
  return {
    bound: bound.promise,
    release() {
      // What is in the way of the prototype's methods goes.
      Reflect.deleteProperty(wire, 'execute')
      Reflect.deleteProperty(wire, 'sync')
      wire.execute(held)
      wire.sync()
    },
  }
}
