import { pause } from '../backoff.ts'
import type { PlacedProjection } from '../config.ts'
import type { Connection } from '../database.ts'
import { hasCode } from '../errors.ts'
import { isReflected } from '../freshness/watermark.ts'
import { readGenerations } from '../generations/catalog.ts'
import { titleOf } from '../projection.ts'
import { readFanOuts } from '../projector/fanOut.ts'
import type { ReadStore } from '../readStore.ts'
import { type Context, withPrimary } from './context.ts'
import { interrupted } from './fault.ts'
import { Stores } from './stores.ts'

/** Waits until what is committed now is in every live generation, and no refresh is under way. Returns up to where. */
export async function caughtUp(context: Context, placed: readonly PlacedProjection[]): Promise<{ position: number }> {
  const stores = new Stores(context)
  try {
    return await withPrimary(context, async (connection) => {
      const { rows } = await connection.query<{ end: number }>(
        'select coalesce(max(position), 0) as end from cornerman.outbox',
      )
      const position = rows[0]!.end
      for (const each of placed) await reached(context, connection, each, stores, position)
      return { position }
    })
  } finally {
    await stores.close()
  }
}

async function reached(
  { signal }: Context,
  connection: Connection,
  placed: PlacedProjection,
  stores: Stores,
  position: number,
): Promise<void> {
  while (!(await hasReached(connection, placed, stores, position))) {
    await pause(100, signal)
    if (signal.aborted)
      throw interrupted(`stopped before ${titleOf(placed.projection)} was up to date with position ${position}`)
  }
}

async function hasReached(
  connection: Connection,
  { projection, declaration }: PlacedProjection,
  stores: Stores,
  position: number,
): Promise<boolean> {
  const { name, version } = projection
  const kind = declaration.adapter.kind
  const live = (await readGenerations(connection, name, kind)).find(
    (each) => each.version === version && each.state === 'live',
  )
  const open = await readFanOuts(connection, name, kind)
  if (live === undefined || open.length > 0) return false
  const ref = { projection: name, version, number: live.number }
  return isReflected(
    await readPatiently(
      () => stores.connect(declaration.adapter),
      (store) => store.readWatermarks(ref),
    ),
    position,
  )
}

/** A store that is away is no reason to give up: the projector does not either. */
async function readPatiently<T>(
  connect: () => Promise<ReadStore>,
  read: (store: ReadStore) => Promise<T[]>,
): Promise<T[]> {
  try {
    return await read(await connect())
  } catch (error) {
    if (hasCode(error, 'DATABASE_UNREACHABLE') || hasCode(error, 'STORE_UNREACHABLE')) return []
    throw error
  }
}
