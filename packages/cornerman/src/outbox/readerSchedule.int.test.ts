import { describe, expect, test } from 'vitest'
import { connect, type Connection } from '../database.ts'
import { newPrimary } from '../testing/databases.ts'
import { insertEvents, outboxStart } from '../testing/outbox.ts'
import { type Random, seeded, seeds } from '../testing/random.ts'
import { until } from '../testing/waits.ts'
import { append } from './append.ts'
import { loadGaps, rangesOf, storeGaps } from './gaps.ts'
import { contains } from './ranges.ts'
import { type Cursor, OutboxReader } from './reader.ts'

const limit = 7
const writersCount = 8
const phases = 12
const stepsInPhase = 50

/** What became of each position that was handed out. */
class Fates {
  readonly open = new Set<number>()
  readonly committed = new Set<number>()
  readonly rolledBack = new Set<number>()

  take(positions: readonly number[]): void {
    for (const position of positions) this.open.add(position)
  }

  end(positions: readonly number[], commits: boolean): void {
    for (const position of positions) {
      this.open.delete(position)
      const fate = commits ? this.committed : this.rolledBack
      fate.add(position)
    }
  }
}

/** A writer that takes one step at a time. */
class Writer {
  readonly #connection: Connection
  readonly #fates: Fates
  #positions: number[] | undefined

  constructor(connection: Connection, fates: Fates) {
    this.#connection = connection
    this.#fates = fates
  }

  get isOpen(): boolean {
    return this.#positions !== undefined
  }

  async step(random: Random): Promise<void> {
    const rest = this.isOpen ? [...this.#inside, ...this.#inside, this.commit, this.rollback] : this.#outside
    await random.pick(rest).call(this, random)
  }

  readonly #outside = [this.single, this.begin, this.beginWithId]
  readonly #inside = [this.insert, this.appendMany, this.bulk, this.savepoint]

  async single(): Promise<void> {
    const positions = await insertEvents(this.#connection, 'single')
    this.#fates.end(positions, true)
  }

  async begin(): Promise<void> {
    await this.#connection.query('begin')
    this.#positions = []
  }

  /** Has its id long before its first position, so that ids and positions stand in another order. */
  async beginWithId(): Promise<void> {
    await this.begin()
    await this.#connection.query('select pg_current_xact_id()')
  }

  async insert(): Promise<void> {
    this.#take(await insertEvents(this.#connection, 'insert'))
  }

  async appendMany(random: Random): Promise<void> {
    const event = { type: 'Appended', aggregateType: 'thing', aggregateId: 'append', payload: {} }
    const events = Array.from({ length: 1 + random.int(3) }, () => event)
    this.#take((await append(this.#connection, events)).map((each) => each.position))
  }

  async bulk(random: Random): Promise<void> {
    if (random.int(4) === 0) this.#take(await insertEvents(this.#connection, 'bulk', 3 * limit))
  }

  async savepoint(): Promise<void> {
    await this.#connection.query('savepoint tried')
    const positions = await insertEvents(this.#connection, 'tried', 2)
    await this.#connection.query('rollback to tried')
    this.#fates.end(positions, false)
  }

  async commit(): Promise<void> {
    await this.#end(true)
  }

  async rollback(): Promise<void> {
    await this.#end(false)
  }

  #take(positions: number[]): void {
    this.#positions!.push(...positions)
    this.#fates.take(positions)
  }

  async #end(commits: boolean): Promise<void> {
    await this.#connection.query(commits ? 'commit' : 'rollback')
    this.#fates.end(this.#positions!, commits)
    this.#positions = undefined
  }
}

/** A reader that is thrown away now and then, and goes on from its last checkpoint. */
class Reading {
  readonly delivered = new Set<number>()
  cursor: Cursor = outboxStart
  readonly #connection: Connection
  readonly #fates: Fates
  #reader: OutboxReader
  #kept = JSON.stringify({ ...outboxStart, gaps: storeGaps(outboxStart.gaps) })
  #deliveredWhenKept = new Set<number>()
  #deliveredByThisOne = new Set<number>()

  constructor(connection: Connection, fates: Fates) {
    this.#connection = connection
    this.#fates = fates
    this.#reader = new OutboxReader(connection, outboxStart, { patienceMs: 0 })
  }

  async read(): Promise<boolean> {
    const page = await this.#reader.read(limit)
    this.cursor = page.cursor
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    for (const { position } of page.rows) {
      expect(this.#fates.committed, 'only what was committed is delivered').toContain(position)
      expect(this.#deliveredByThisOne, 'nothing is delivered twice by one reader').not.toContain(position)
      this.#deliveredByThisOne.add(position)
      this.delivered.add(position)
    }
    return page.reachedEnd
  }

  /** Whatever is open, all that was committed has been delivered; what is open is kept as a gap, and little else. */
  async readToEnd(): Promise<void> {
    while (!(await this.read()));
    const late = [...this.#fates.committed].filter((each) => !this.#deliveredByThisOne.has(each))
    expect(late, 'committed, but not delivered').toEqual([])
    const gaps = rangesOf(this.cursor.gaps)
    const missing = [...this.#fates.open].filter((each) => each <= this.cursor.position && !contains(gaps, each))
    expect(missing, 'open, but not kept as gaps').toEqual([])
    expect(gaps.length).toBeLessThanOrEqual(this.#fates.open.size + this.#fates.rolledBack.size)
  }

  keep(): void {
    this.#kept = JSON.stringify({ ...this.cursor, gaps: storeGaps(this.cursor.gaps) })
    this.#deliveredWhenKept = new Set(this.#deliveredByThisOne)
  }

  rebuild(patienceMs: number): void {
    const kept = JSON.parse(this.#kept) as Cursor & { gaps: ReturnType<typeof storeGaps> }
    this.cursor = { ...kept, gaps: loadGaps(kept.gaps) }
    this.#reader = new OutboxReader(this.#connection, this.cursor, { patienceMs })
    this.#deliveredByThisOne = new Set(this.#deliveredWhenKept)
  }

  async step(random: Random): Promise<void> {
    const step = random.int(10)
    if (step === 0) this.rebuild(random.pick([0, 0, 1, 60_000]))
    else if (step <= 2) this.keep()
    else if (step <= 5) await this.readToEnd()
    else await this.read()
  }
}

describe('a reader beside many writers', () => {
  test.each(seeds(5))('skips nothing, stalls on nothing and closes all gaps, with the seed %i', async (seed) => {
    const random = seeded(seed)
    const url = await newPrimary()
    const connections = await Promise.all(
      Array.from({ length: writersCount + 2 }, (_, i) => connect({ url, applicationName: `schedule ${i}` })),
    )
    try {
      const fates = new Fates()
      const reading = new Reading(connections[0]!, fates)
      const long = new Writer(connections[1]!, fates)
      const writers = connections.slice(2).map((connection) => new Writer(connection, fates))
      for (let phase = 0; phase < phases; phase++) {
        // One transaction stays open during hundreds of others, and appends now and then.
        if (phase === 4) await long.begin()
        if (long.isOpen) await long.insert()
        // Sometimes few write, so that the oldest open transaction is a young one.
        const active = writers.slice(0, random.pick([2, 2, 3, writersCount]))
        for (let step = 0; step < stepsInPhase; step++) {
          if (random.int(3) === 0) await reading.step(random)
          else await random.pick(active).step(random)
        }
        await reading.readToEnd()
        for (const writer of writers.filter((each) => each.isOpen))
          await random.pick([writer.commit, writer.rollback]).call(writer)
      }
      await reading.readToEnd()
      await long.commit()
      reading.rebuild(0)
      await until('all gaps are closed', async () => {
        await reading.readToEnd()
        return rangesOf(reading.cursor.gaps).length === 0
      })
      expect(reading.delivered).toEqual(fates.committed)
      expect(fates.committed.size).toBeGreaterThan(100)
    } finally {
      await Promise.all(connections.map((connection) => connection.end()))
    }
  })
})
