import type { Queryable } from '../database.ts'
import { CornermanError } from '../errors.ts'
import type { StoredWatermark } from '../freshness/watermark.ts'
import type { ReadStore } from '../readStore.ts'
import { announceSwitch, type Generation, type GenerationId, noteLive } from './catalog.ts'

/**
 * The switch: announce it in the catalog → wait until the target's watermark has passed the outbox's end as read after that
 * → switch in the store → note it. Every attempt that begins after the announcement treats the target as live; those that
 * began before it are of events below that end. So readers see the old or the new, never neither, and never an older answer.
 */
export interface Switch {
  readonly to: GenerationId
  /** The end of the outbox, read after the announcement. */
  readonly end: number
}

export async function beginSwitch(db: Queryable, to: GenerationId): Promise<Switch | undefined> {
  if (!(await announceSwitch(db, to))) return undefined
  const { rows } = await db.query<{ end: number }>('select coalesce(max(position), 0) as end from cornerman.outbox')
  return { to, end: rows[0]!.end }
}

/** Whether the target reflects all that was committed when the switch was announced. */
export function hasPassed({ end }: Switch, watermarks: readonly StoredWatermark[]): boolean {
  return watermarks.length > 0 && watermarks.every((each) => each.position >= end)
}

/** Moves the live names and notes it. What is live in the store is the truth, also when the answer to this call is lost. */
export async function endSwitch(
  db: Queryable,
  store: ReadStore,
  { to }: Switch,
  live: Generation | undefined,
): Promise<void> {
  const ref = { projection: to.projection, version: to.version, number: to.number }
  await store.makeSearchable(ref)
  const outcome = await store.promote(ref, live?.number ?? null)
  if (outcome.outcome === 'conflict' && outcome.live !== to.number) {
    throw new CornermanError(
      'PROMOTION_REFUSED',
      `${to.projection} v${to.version}: generation ${outcome.live} is live, not ${live?.number ?? 'none'}`,
      {
        hint: 'somebody else has promoted meanwhile: look at `cornerman status`',
      },
    )
  }
  await noteLive(db, to)
}
