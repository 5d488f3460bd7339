import { hostname } from 'node:os'
import { backoff, pause } from '../backoff.ts'
import { type Config, databaseUrl, type PlacedProjection, placedByName } from '../config.ts'
import { openPool, type Pool } from '../database.ts'
import { hasCode, messageOf } from '../errors.ts'
import type { Feed } from '../feed.ts'
import { outboxFeed } from '../feeds/outbox/feed.ts'
import type { Logger } from '../logger.ts'
import { keepOutbox } from '../outbox/keeper.ts'
import type { Environment, ReadStore } from '../readStore.ts'
import { noteLost, rewind } from './books.ts'
import { ProjectorSession } from './session.ts'
import { Trouble } from './trouble.ts'

export interface ProjectorOptions {
  readonly config: Config
  readonly env: Environment
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Only these projections; all, if left out. */
  readonly names?: readonly string[]
}

/**
 * Runs projectors until the signal ends them: one for each projection, in this process or standing by for another one. A
 * fault of one never reaches another, and there is no state from which one does not try again by itself.
 */
export async function runProjectors(options: ProjectorOptions): Promise<void> {
  const { config, env, logger, signal } = options
  const url = databaseUrl(env)
  const holder = `${hostname()}:${process.pid}`
  const placed = placedByName(config, env, options.names)
  const pool = openPool({ url, applicationName: 'cornerman projector', max: 4 + 2 * placed.size })
  const feed = outboxFeed({ url, pool, holder })
  try {
    await Promise.all([
      keepOutbox({ pool, holder, logger, signal, retentionMs: config.retentionMs }),
      ...[...placed].map(([name, versions]) => project({ ...options, name, versions, pool, url, feed })),
    ])
  } finally {
    await pool.end()
  }
}

interface OneProjection extends ProjectorOptions {
  readonly name: string
  readonly versions: readonly PlacedProjection[]
  readonly pool: Pool
  readonly url: string
  readonly feed: Feed
}

/** Session after session. A session that ran for a while before it failed is followed at once, others with back-off. */
async function project(options: OneProjection): Promise<void> {
  const { name, versions, pool, logger, signal } = options
  const kind = versions[0]!.declaration.adapter.kind
  const trouble = new Trouble(pool, { projection: name, store: kind }, logger)
  const waits = backoff({ firstMs: 200, maxMs: 5_000 })
  while (!signal.aborted) {
    try {
      await takeTurn(options, kind, () => {
        waits.reset()
        trouble.over()
      })
    } catch (error) {
      if (signal.aborted) return
      if (hasCode(error, 'LEASE_LOST'))
        logger.info({ projection: name, store: kind }, 'another process has taken over: standing by')
      else await trouble.report(error)
      await pause(waits.next(), signal)
    }
  }
}

/** Waits for the turn, then runs one session of it. */
async function takeTurn(options: OneProjection, kind: string, onStarted: () => void): Promise<void> {
  const { name, versions, config, pool, url, feed, logger, signal, env } = options
  const types = [...new Set(versions.flatMap(({ projection }) => [...projection.mappings.keys()]))]
  const onStandby = (holder: string) =>
    logger.info({ projection: name, store: kind, holder }, 'another process is active: standing by')
  const session = await feed.open({ projection: name, store: kind, types, signal, onStandby })
  if (session === undefined) return
  let store: ReadStore | undefined
  try {
    store = await versions[0]!.declaration.adapter.connect({ env, logger, applicationName: `cornerman store ${name}` })
    logger.info(
      { projection: name, store: kind, versions: versions.map(({ projection }) => projection.version) },
      'projecting',
    )
    await new ProjectorSession({
      name,
      versions,
      feed: session,
      store,
      url,
      pool,
      logger,
      settings: config.settings,
      signal,
      onStarted,
    }).run()
  } catch (error) {
    if (hasCode(error, 'OUTBOX_LOST'))
      await beginAgain(pool, { projection: name, store: kind }, versions, messageOf(error))
    throw session.lost.aborted ? session.lost.reason : error
  } finally {
    await store?.close().catch(() => undefined)
    await session.close()
  }
}

/** Rows that were never read are gone from the outbox: what they named is not known, so all keys are refreshed. */
async function beginAgain(
  pool: Pool,
  of: { projection: string; store: string },
  versions: readonly PlacedProjection[],
  reason: string,
): Promise<void> {
  await noteLost(
    pool,
    of,
    versions.map(({ projection }) => projection.version),
    reason,
  )
  await rewind(pool, of)
}
