import { monotonicMs } from '../backoff.ts'
import { connect, type Connection } from '../database.ts'
import { CornermanError } from '../errors.ts'
import { type Generation, generationsExpression } from '../generations/catalog.ts'
import { type Key, keyString } from '../key.ts'
import type { Projection } from '../projection.ts'
import type { WrittenDocument } from '../readStore.ts'
import { literal } from '../sql.ts'
import type { PrimaryClock } from './clock.ts'
import { documentStatement } from './compile.ts'

/**
 * The documents of a batch of keys, as they were in one snapshot, with the version that belongs to it.
 *
 * Why every interleaving converges: the version and the snapshot are taken in one statement, under the projection's lock. So
 * a higher version is a later snapshot, and a store that keeps the higher version keeps the later state, whoever wrote it:
 * a duplicate consumer, a process that was stopped for an hour, a rebuild. The list of generations is read by the same
 * statement, so every commit is either in the snapshot of a rebuild's scan or in an attempt that writes to its generation.
 *
 * What must not be changed:
 * - each run of the query takes a new version; only the very same documents may be sent again under an old one;
 * - the version is durable before a document carries it. `nextval` alone is not: after a crash it may hand out the same
 *   number again. With a word of WAL in the same transaction (`pg_logical_emit_message`), its synchronous commit makes it so.
 *
 * On failure: the lock is released by the server itself, in the same message that takes it; a session that is frozen in
 * between is ended by its idle time-outs; a connection that failed is thrown away.
 */
export interface Attempt {
  readonly version: number
  readonly generations: readonly Generation[]
  /** One for each key that was asked for, in that order; `null` where there is no document. */
  readonly documents: readonly WrittenDocument[]
  /** Keys for which the query returned several rows; they are not among the documents. */
  readonly ambiguous: readonly Key[]
  /** Monotonic. */
  readonly startedAt: number
  /** The primary's clock at the snapshot, in milliseconds since 1970. */
  readonly takenAtMs: number
}

/** An attempt that is older than this is thrown away: tombstones are kept much longer, so it can bring nothing back. */
export const attemptAgeMaxMs = 3_600_000

export interface AttemptOptions {
  readonly url: string
  readonly projection: string
  readonly store: string
  readonly clock: PrimaryClock
}

interface DocumentRow {
  key: string[]
  document: string | null
}

interface VersionRow {
  version: number
  now: number
  generations: Generation[]
}

/** Makes attempts, one at a time, on a connection of its own to the primary. */
export class AttemptMaker {
  readonly #options: AttemptOptions
  readonly #take: string
  #connection: Connection | undefined

  constructor(options: AttemptOptions) {
    this.#options = options
    this.#take = versionMessage(options.projection, options.store)
  }

  async make(projection: Projection, keys: readonly Key[]): Promise<Attempt> {
    const connection = await this.#connected()
    const startedAt = monotonicMs()
    try {
      const columns = projection.keyColumns.map((_, i) => keys.map((key) => key[i]))
      // Sent at once, worked off in this order: the lock is free before the query begins, and nothing waits for a round trip.
      const [{ version, now, generations }, { rows }] = await Promise.all([
        this.#version(connection),
        connection.query<DocumentRow>(documentStatement(projection), columns),
        connection.query('commit'),
      ])
      this.#options.clock.set(now, startedAt)
      return { version, generations, startedAt, takenAtMs: now, ...documentsOf(keys, rows) }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** A version alone, durable: no attempt that began before this call bears a higher one. */
  async version(): Promise<number> {
    const connection = await this.#connected()
    try {
      const { version } = await this.#version(connection)
      await connection.query('commit')
      return version
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await connection?.end().catch(() => undefined)
  }

  async #connected(): Promise<Connection> {
    this.#connection ??= await connect({
      url: this.#options.url,
      applicationName: `cornerman attempt ${this.#options.projection}`,
      settings: { synchronous_commit: 'on', idle_in_transaction_session_timeout: '30000' },
      pipeline: true,
    })
    return this.#connection
  }

  async #version(connection: Connection): Promise<VersionRow> {
    const results = (await connection.query(this.#take)) as unknown as { rows: VersionRow[] }[]
    return results[4]!.rows[0]!
  }
}

/** One message, so that the lock is held while the server works and never while it waits for us. */
function versionMessage(projection: string, store: string): string {
  const lock = `hashtextextended(${literal(`cornerman.projection/${projection}`)}, 0)`
  return [
    'begin',
    `select pg_advisory_lock(${lock})`,
    'commit',
    'begin isolation level repeatable read',
    `select nextval('cornerman.version') as version, pg_logical_emit_message(true, 'cornerman.version', ''),
       (extract(epoch from clock_timestamp()) * 1000)::float8 as now, ${generationsExpression(projection, store)} as generations`,
    `select pg_advisory_unlock(${lock})`,
  ].join(';\n')
}

function documentsOf(keys: readonly Key[], rows: readonly DocumentRow[]): Pick<Attempt, 'documents' | 'ambiguous'> {
  const found = new Map<string, string | null>()
  const twice = new Set<string>()
  for (const { key, document } of rows) {
    const name = keyString(key)
    if (found.has(name)) twice.add(name)
    found.set(name, document)
  }
  const isAmbiguous = (key: Key) => twice.has(keyString(key))
  return {
    documents: keys
      .filter((key) => !isAmbiguous(key))
      .map((key) => ({ key, document: found.get(keyString(key)) ?? null })),
    ambiguous: keys.filter(isAmbiguous),
  }
}

export function refuseOldAttempt(attempt: Pick<Attempt, 'startedAt'>): void {
  const ageMs = monotonicMs() - attempt.startedAt
  if (ageMs <= attemptAgeMaxMs) return
  throw new CornermanError(
    'ATTEMPT_TOO_OLD',
    `an attempt of ${Math.round(ageMs / 60_000)} minutes ago is thrown away`,
    {
      hint: 'nothing is to be done: its keys are read again under a new version',
    },
  )
}
