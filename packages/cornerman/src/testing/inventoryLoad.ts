import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../database.ts'
import { append } from '../outbox/append.ts'
import type { Inventory } from './inventory.ts'
import type { Random } from './random.ts'
import type { InventoryEvent } from './things.ts'

/** Things from here on are left alone, so that a test may hold their rows. */
export const heldFrom = 1_000

/** Changes the inventory at random, in all the ways in which writers do, until it is stopped. What `count` says only grows. */
export class InventoryLoad {
  readonly #inventory: Inventory
  readonly #random: Random
  readonly #pauseMs: number
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #next: number
  /** Transactions that were committed. */
  commits = 0
  /** The position of the last event that was committed. */
  position = 0

  /** `things` is the number of things that there are: 1 to `things`. */
  constructor(inventory: Inventory, random: Random, { things = 20, pauseMs = 15 } = {}) {
    this.#inventory = inventory
    this.#random = random
    this.#pauseMs = pauseMs
    this.#next = things + 1
    this.#done = this.#run()
    this.#done.catch(() => undefined)
  }

  /** Ends it; rejects with what has ended it before. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #run(): Promise<void> {
    const connection = await this.#inventory.another()
    while (!this.#stop.signal.aborted) {
      await this.#random.pick(this.#ways)(connection)
      await sleep(this.#random.int(2 * this.#pauseMs))
    }
  }

  readonly #ways: readonly ((connection: Connection) => Promise<void>)[] = [
    (connection) => this.#commit(connection, this.#more()),
    (connection) => this.#commit(connection, this.#more(), this.#more()),
    (connection) => this.#commit(connection, this.#hidden()),
    (connection) => this.#commit(connection, this.#deleted()),
    (connection) => this.#commit(connection, this.#added()),
    (connection) => this.#commit(connection, this.#shelf()),
    (connection) => this.#commit(connection, this.#random.int(4) > 0 ? this.#more() : this.#everything()),
    (connection) => this.#rolledBack(connection),
    (connection) => this.#savepoints(connection),
    (connection) => this.#foreign(connection),
  ]

  async #commit(connection: Connection, ...changes: Change[]): Promise<void> {
    await connection.query('begin')
    let position = 0
    for (const change of changes) position = await apply(connection, change)
    await connection.query('commit')
    this.#committed(position)
  }

  async #rolledBack(connection: Connection): Promise<void> {
    await connection.query('begin')
    await apply(connection, this.#more())
    await connection.query('rollback')
  }

  async #savepoints(connection: Connection): Promise<void> {
    await connection.query('begin')
    await apply(connection, this.#more())
    await connection.query('savepoint a')
    await apply(connection, this.#more())
    await connection.query('rollback to savepoint a')
    const position = await apply(connection, this.#more())
    await connection.query('savepoint b')
    await apply(connection, this.#deleted())
    await connection.query('rollback to savepoint b')
    await connection.query('commit')
    this.#committed(position)
  }

  /** A writer that knows nothing of the toolkit. */
  async #foreign(connection: Connection): Promise<void> {
    const { statement, event } = this.#more()
    const { type, ...payload } = event
    await connection.query('begin')
    await connection.query(statement)
    const { rows } = await connection.query<{ position: number }>(
      `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload) values ('thing', 'foreign', $1, $2) returning position`,
      [type, payload],
    )
    await connection.query('commit')
    this.#committed(rows[0]!.position)
  }

  #committed(position: number): void {
    this.commits++
    this.position = Math.max(this.position, position)
  }

  #thing(): { id: number; event: InventoryEvent } {
    const id = 1 + this.#random.int(this.#next - 1)
    return { id, event: { type: 'ThingChanged', id } }
  }

  #more(): Change {
    const { id, event } = this.#thing()
    return { statement: `update things set count = count + 1 where id = ${id}`, event }
  }

  #hidden(): Change {
    const { id, event } = this.#thing()
    return { statement: `update things set hidden = not hidden where id = ${id}`, event }
  }

  #deleted(): Change {
    const { id, event } = this.#thing()
    return { statement: `delete from things where id = ${id}`, event }
  }

  #added(): Change {
    const id = this.#next++
    const statement = `insert into things values (${id}, ${Math.floor(id / 10)}, 'thing ${id}', ${id}, 1)`
    return { statement, event: { type: 'ThingChanged', id } }
  }

  #shelf(): Change {
    const shelf = this.#random.int(3)
    return {
      statement: `update things set count = count + 1 where shelf = ${shelf}`,
      event: { type: 'ShelfChanged', shelf },
    }
  }

  #everything(): Change {
    return {
      statement: `update things set count = count + 1 where id < ${heldFrom}`,
      event: { type: 'EverythingChanged' },
    }
  }
}

interface Change {
  readonly statement: string
  readonly event: InventoryEvent
}

async function apply(connection: Connection, { statement, event }: Change): Promise<number> {
  await connection.query(statement)
  const { type, ...payload } = event
  const { position } = await append(connection, { type, aggregateType: 'thing', aggregateId: 'any', payload })
  return position
}
