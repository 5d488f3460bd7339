import { connect, type Connection, type Pool } from '../../database.ts'
import type { CheckpointNote, Feed, FeedBatch, FeedEvent, FeedOptions, FeedSession } from '../../feed.ts'
import { acquireLease, type Lease } from '../../lease.ts'
import { type Gaps, rangesOf, sameBounded } from '../../outbox/gaps.ts'
import { OutboxReader, type OutboxRow, type Page } from '../../outbox/reader.ts'
import { backoff, pause } from '../../backoff.ts'
import { loadCursor, saveCursor } from './checkpoint.ts'

export const outboxSource = 'outbox'

export interface OutboxFeedOptions {
  /** The primary. */
  url: string
  pool: Pool
  /** Who reads, for people: host and process id. */
  holder: string
  /** How long another process must be silent before its turn is over, in milliseconds. Defaults to 3 000. */
  leaseTimeMs?: number
}

/** The pause after an empty read, in milliseconds: short while events come, longer when idle. */
const pollFirstMs = 2
const pollMaxMs = 40

/** Reads the outbox directly: the feed for small installations and the embedded default. One session at a time, by a lease. */
export function outboxFeed(options: OutboxFeedOptions): Feed {
  return {
    async open({ projection, store, types, signal, onStandby }: FeedOptions): Promise<FeedSession | undefined> {
      const lease = await acquireLease(options.pool, `projector/${projection}/${store}`, {
        holder: options.holder,
        signal,
        ...(options.leaseTimeMs === undefined ? {} : { timeMs: options.leaseTimeMs }),
        ...(onStandby === undefined ? {} : { onStandby }),
      })
      if (lease === undefined) return undefined
      let connection: Connection | undefined
      try {
        connection = await connect({ url: options.url, applicationName: `cornerman feed ${projection}` })
        const cursor = await loadCursor(options.pool, projection, store)
        return new OutboxFeedSession(options.pool, connection, lease, new OutboxReader(connection, cursor, { types }), {
          projection,
          store,
        })
      } catch (error) {
        await connection?.end().catch(() => undefined)
        await lease.release()
        throw error
      }
    },
  }
}

class OutboxFeedSession implements FeedSession {
  readonly lost: AbortSignal
  readonly #pool: Pool
  readonly #connection: Connection
  readonly #lease: Lease
  readonly #reader: OutboxReader
  readonly #of: { projection: string; store: string }
  readonly #pages = new WeakMap<FeedBatch, Page>()
  #savedBoundedGaps: Gaps['bounded'] | undefined
  readonly #polls = backoff({ firstMs: pollFirstMs, maxMs: pollMaxMs })

  constructor(
    pool: Pool,
    connection: Connection,
    lease: Lease,
    reader: OutboxReader,
    of: { projection: string; store: string },
  ) {
    this.#pool = pool
    this.#connection = connection
    this.#lease = lease
    this.#reader = reader
    this.#of = of
    this.lost = lease.lost
  }

  async next(eventsMax: number, signal: AbortSignal): Promise<FeedBatch> {
    for (;;) {
      signal.throwIfAborted()
      const page = await this.#reader.read(eventsMax)
      if (page.rows.length === 0) {
        await pause(this.#polls.next(), signal)
        continue
      }
      this.#polls.reset()
      const batch: FeedBatch = {
        events: page.rows.map(eventOf),
        unreadable: [],
        claims: [
          {
            source: outboxSource,
            position: page.cursor.position,
            rowId: page.cursor.rowId,
            gaps: rangesOf(page.cursor.gaps),
            atMs: page.atMs,
          },
        ],
        more: !page.reachedEnd,
      }
      this.#pages.set(batch, page)
      return batch
    }
  }

  async commit(batch: FeedBatch, note: CheckpointNote): Promise<void> {
    const page = this.#pages.get(batch)
    if (page === undefined) throw new TypeError('commit was given a batch of another session')
    const { bounded } = page.cursor.gaps
    const sameBoundedGaps = this.#savedBoundedGaps !== undefined && sameBounded(bounded, this.#savedBoundedGaps)
    await saveCursor(this.#pool, {
      ...this.#of,
      lease: this.#lease,
      cursor: page.cursor,
      atMs: page.atMs,
      note,
      sameBoundedGaps,
    })
    this.#savedBoundedGaps = bounded
  }

  async close(): Promise<void> {
    await this.#connection.end().catch(() => undefined)
    await this.#lease.release()
  }
}

function eventOf(row: OutboxRow): FeedEvent {
  const { position, id, type, aggregateType, aggregateId, payload, recordedAtMs } = row
  return { source: outboxSource, position, id, type, aggregateType, aggregateId, payload, recordedAtMs }
}
