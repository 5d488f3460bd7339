import { pause } from '../backoff.ts'
import { inTransaction, type Pool } from '../database.ts'
import { messageOf } from '../errors.ts'
import { acquireLease } from '../lease.ts'
import type { Logger } from '../logger.ts'
import { append } from './append.ts'
import { extendOutbox, pruneOutbox } from './partitions.ts'

export interface KeeperOptions {
  pool: Pool
  holder: string
  logger: Logger
  signal: AbortSignal
  /** How long rows stay in the outbox at least, in milliseconds. */
  retentionMs: number
}

const heartbeat = { type: 'Heartbeat', aggregateType: 'cornerman', aggregateId: 'heartbeat', payload: {} }
const heartbeatMs = 1_000
const upkeepEvery = 10

/**
 * Looks after the outbox, one process at a time: appends the heartbeat, which lets claims move when nothing else happens;
 * makes partitions far ahead; drops those that everybody has read.
 */
export async function keepOutbox(options: KeeperOptions): Promise<void> {
  const { pool, logger, signal } = options
  while (!signal.aborted) {
    try {
      const lease = await acquireLease(pool, 'outbox-keeper', { holder: options.holder, signal })
      if (lease === undefined) return
      try {
        await keep(options, AbortSignal.any([signal, lease.lost]))
      } finally {
        await lease.release()
      }
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'the outbox keeper starts again')
      await pause(heartbeatMs, signal)
    }
  }
}

async function keep({ pool, logger, retentionMs }: KeeperOptions, signal: AbortSignal): Promise<void> {
  for (let beat = 0; !signal.aborted; beat++) {
    await inTransaction(pool, (client) => append(client, heartbeat))
    if (beat % upkeepEvery === 0) {
      await extendOutbox(pool)
      const dropped = await pruneOutbox(pool, { retentionMs, force: false })
      if (dropped.length > 0) logger.info({ dropped }, 'dropped outbox partitions that everybody has read')
    }
    await pause(heartbeatMs, signal)
  }
}
