import assert from 'node:assert/strict'
import { defineConfig } from '../config.ts'
import { connect, type Connection } from '../database.ts'
import { isReflected } from '../freshness/watermark.ts'
import type { Logger } from '../logger.ts'
import { append } from '../outbox/append.ts'
import type { Projection } from '../projection.ts'
import { requestRefresh } from '../projector/fanOut.ts'
import { runProjectors } from '../projector/projector.ts'
import type { ProjectorSettings } from '../projector/settings.ts'
import { postgresAdapter } from '../readStores/postgres/adapter.ts'
import { type WatermarkRow, watermarkOf } from '../readStores/postgres/watermark.ts'
import type { StoredWatermark } from '../freshness/watermark.ts'
import { newPrimary, newReadDatabase } from './databases.ts'
import { type InventoryEvent, things } from './things.ts'
import { until } from './waits.ts'

/** A small write side with one projection, for the tests of the projector: real databases, a real projector in this process. */
export class Inventory {
  readonly urls: { DATABASE_URL: string; READ_DATABASE_URL: string }
  write: Connection
  readonly read: Connection
  readonly log: string[] = []
  readonly #connections: Connection[] = []
  #running: { stop: AbortController; done: Promise<void> }[] = []

  private constructor(urls: Inventory['urls'], write: Connection, read: Connection) {
    this.urls = urls
    this.write = write
    this.read = read
  }

  static async open(count = 20): Promise<Inventory> {
    const [DATABASE_URL, READ_DATABASE_URL] = await Promise.all([newPrimary(), newReadDatabase()])
    const write = await connect({ url: DATABASE_URL, applicationName: 'writer' })
    const read = await connect({ url: READ_DATABASE_URL, applicationName: 'reader' })
    await write.query(`
      create table things (id integer primary key, shelf integer not null, name text not null, count integer not null, price integer not null, hidden boolean not null default false);
      create schema published;
      create view published.things as select id, shelf, name, count, price, hidden from things;`)
    const inventory = new Inventory({ DATABASE_URL, READ_DATABASE_URL }, write, read)
    await inventory.add(1, count)
    return inventory
  }

  /** Things with these numbers, ten on a shelf; no event. */
  async add(from: number, to: number): Promise<void> {
    await this.write.query(
      `insert into things select i, i / 10, 'thing ' || i, i, 1 from generate_series($1::int, $2::int) i`,
      [from, to],
    )
  }

  /** Changes rows and appends the events, in one transaction; returns the last position. */
  async change(statement: string, ...events: InventoryEvent[]): Promise<number> {
    await this.write.query('begin')
    await this.write.query(statement)
    const appended = await append(
      this.write,
      events.map(({ type, ...payload }) => ({
        type,
        aggregateType: 'thing',
        aggregateId: JSON.stringify(payload),
        payload,
      })),
    )
    await this.write.query('commit')
    return Math.max(0, ...appended.map((each) => each.position))
  }

  /** Starts a projector in this process; `stop` ends it. */
  start(options: { projections?: readonly Projection[]; settings?: Partial<ProjectorSettings> } = {}): {
    stop: () => Promise<void>
  } {
    const config = defineConfig({ projections: options.projections ?? [things()], projector: options.settings ?? {} })
    const stop = new AbortController()
    const done = runProjectors({ config, env: this.urls, logger: this.#logger(), signal: stop.signal })
    const entry = { stop, done }
    this.#running.push(entry)
    return {
      stop: async () => {
        stop.abort(new Error('stopped by the test'))
        this.#running = this.#running.filter((each) => each !== entry)
        await done
      },
    }
  }

  #logger(): Logger {
    const line = (facts: object, message: string) => void this.log.push(`${message} ${JSON.stringify(facts)}`)
    return { debug: () => undefined, info: line, warn: line, error: line }
  }

  async watermarks(): Promise<StoredWatermark[]> {
    const { rows } = await this.read.query<WatermarkRow>(
      `select * from read_models.watermarks where projection = 'things'`,
    )
    return rows.map((row) => watermarkOf(row))
  }

  /** Waits until what readers get reflects the position. */
  async reflects(position: number): Promise<void> {
    await until(`position ${position} is reflected; the log ends with: ${this.log.slice(-3).join(' | ')}`, async () =>
      isReflected(await this.watermarks(), position),
    )
  }

  /** Waits until all that was committed up to the position is there: also what lies below it and takes longer, a fan-out. */
  async reflectsAll(position: number): Promise<void> {
    await until(`all up to position ${position} is reflected; ${this.log.slice(-3).join(' | ')}`, async () => {
      const watermarks = await this.watermarks()
      return (
        isReflected(watermarks, position) && watermarks.every(({ gaps }) => gaps.every(({ from }) => from > position))
      )
    })
  }

  /** The documents that readers get; `undefined` before the first promotion. */
  async documents(version = 1): Promise<Record<string, unknown> | undefined> {
    const { rows } = await this.read.query<{ exists: boolean }>(
      `select to_regclass('read_models.things_v${version}') is not null as exists`,
    )
    if (!rows[0]!.exists) return undefined
    const found = await this.read.query<{ id: number; document: unknown }>(
      `select id, document from read_models.things_v${version} order by id`,
    )
    return Object.fromEntries(found.rows.map((row) => [row.id, row.document]))
  }

  /** What must be there, computed from the table in this file's own words. */
  async expected(): Promise<Record<string, unknown>> {
    const { rows } = await this.write.query<{
      id: number
      shelf: number
      name: string
      count: number
      price: number
      hidden: boolean
    }>('select * from things order by id')
    return Object.fromEntries(
      rows
        .filter((row) => !row.hidden && row.price !== 0)
        .map(({ id, name, shelf, count, price }) => [id, { name, shelf, worth: Math.trunc((count * 100) / price) }]),
    )
  }

  async assertRight(version = 1): Promise<void> {
    assert.deepEqual(await this.documents(version), await this.expected())
  }

  /** Puts a second generation beside the live one, as a rebuild does, and waits until it is filled. */
  async addBuilding(): Promise<void> {
    const setup = { env: this.urls, logger: this.#logger(), applicationName: 'rebuild' }
    const { key, stores } = things()
    const store = await postgresAdapter.connect(setup)
    try {
      await store.createGeneration({ projection: 'things', version: 1, number: 2 }, { key, shape: stores[0]!.shape })
    } finally {
      await store.close()
    }
    await this.write.query(
      `insert into cornerman.generations (projection, store, version, number, state, definition_hash, inputs, promote_when_built)
       select projection, store, version, 2, 'building', definition_hash, inputs, false from cornerman.generations where number = 1`,
    )
    await requestRefresh(this.write, { projection: 'things', store: 'postgres', versions: [1] }, { reason: 'rebuild' })
    await until(
      'the second generation is filled',
      async () => (await this.value<number>('select count(*) from cornerman.fanouts')) === 0,
    )
  }

  async assertGenerationsRight(...numbers: number[]): Promise<void> {
    const expected = await this.expected()
    for (const number of numbers) {
      const { rows } = await this.read.query<{ id: number; document: unknown }>(
        `select id, document from read_models.things_v1_g${number} where _deleted_at is null`,
      )
      assert.deepEqual(Object.fromEntries(rows.map((row) => [row.id, row.document])), expected, `generation ${number}`)
    }
  }

  /** Waits until the first build is live, and right. */
  async built(): Promise<void> {
    await until('the read model is live', async () => (await this.documents()) !== undefined)
  }

  /** Does something for which no writer may be connected. */
  async reconnectAround(work: () => Promise<void>): Promise<void> {
    await this.write.end()
    await work()
    this.write = await connect({ url: this.urls.DATABASE_URL, applicationName: 'writer' })
  }

  /** Another connection of a writer; it ends with the inventory. */
  async another(): Promise<Connection> {
    const connection = await connect({ url: this.urls.DATABASE_URL, applicationName: 'another writer' })
    this.#connections.push(connection)
    return connection
  }

  /** One value from the primary. */
  async value<T>(statement: string): Promise<T> {
    const { rows } = await this.write.query<Record<string, T>>(statement)
    return Object.values(rows[0] ?? {})[0]!
  }

  async close(): Promise<void> {
    for (const { stop, done } of this.#running) {
      stop.abort(new Error('the test is over'))
      await done.catch(() => undefined)
    }
    for (const connection of [...this.#connections, this.write, this.read]) await connection.end()
  }
}
