import { setTimeout as sleep } from 'node:timers/promises'
import projections from '@platform/projections'
import { postgresReader } from 'cornerman/postgres'
import { Client } from 'pg'
import type { Urls } from './platform.ts'

export interface CaughtUpOptions {
  timeoutMs?: number
  signal?: AbortSignal
}

/**
 * Waits until all read models, as readers get them, reflect everything that is committed now; also what goes on for long, like the
 * new ranking date in every document. Returns the outbox position up to which that is.
 */
export async function caughtUp(
  { ownerWrite, query }: Pick<Urls, 'ownerWrite' | 'query'>,
  { timeoutMs = 120_000, signal }: CaughtUpOptions = {},
): Promise<number> {
  const position = await outboxEnd(ownerWrite)
  const deadline = performance.now() + timeoutMs
  const client = new Client(query)
  // A connection that is cut is told by the query that needs it.
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const { name, version } of projections.projections) {
      const reader = postgresReader({ pool: client, projection: name, version })
      while (!(await reflectsAll(reader, position))) {
        signal?.throwIfAborted()
        if (performance.now() > deadline)
          throw new Error(`the read model ${name} does not reflect position ${position} after ${timeoutMs / 1_000} s`)
        await sleep(10)
      }
    }
    return position
  } finally {
    await client.end()
  }
}

async function reflectsAll({ readWatermarks }: ReturnType<typeof postgresReader>, position: number): Promise<boolean> {
  const live = await readWatermarks()
  return (
    live !== null &&
    live.watermarks.every(
      (each) => each.lost === null && each.position >= position && each.gaps.every(({ from }) => from > position),
    )
  )
}

async function outboxEnd(url: string): Promise<number> {
  const client = new Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{ end: string }>(
      'select coalesce(max(position), 0) as end from cornerman.outbox',
    )
    return Number(rows[0]!.end)
  } finally {
    await client.end()
  }
}
