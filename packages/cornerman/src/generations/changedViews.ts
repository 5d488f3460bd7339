import { inTransaction, type Pool } from '../database.ts'
import { messageOf } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Projection } from '../projection.ts'
import { requestRefresh } from '../projector/fanOut.ts'
import { type Inputs, readInputsOn } from './inputs.ts'

/**
 * A published view that says something else than when the documents were built: no event tells of it, so all keys are
 * refreshed, beside the traffic. Notes the new state of the views in the same transaction.
 */
export async function refreshIfViewsChanged(
  pool: Pool,
  of: { projection: Projection; store: string },
  logger: Logger,
): Promise<void> {
  const { projection, store } = of
  const id = [projection.name, store, projection.version]
  const mine = `projection = $1 and store = $2 and version = $3 and state in ('building', 'live', 'retained')`
  const now = await readInputsOn(pool, projection).catch((error: unknown) => messageOf(error))
  if (typeof now === 'string') {
    logger.warn({ projection: projection.name, reason: now }, 'the views under the projection cannot be looked through')
    return
  }
  const { rows } = await pool.query<{ inputs: Inputs }>(`select inputs from cornerman.generations where ${mine}`, id)
  const changed = [...new Set(rows.flatMap(({ inputs }) => differing(inputs, now)))]
  if (changed.length === 0) return
  const reason = `${changed.join(', ')} changed`
  logger.info(
    { projection: projection.name, store, views: changed },
    'published views have changed: all keys are refreshed',
  )
  await inTransaction(pool, async (client) => {
    await client.query(`update cornerman.generations set inputs = $4 where ${mine}`, [...id, JSON.stringify(now)])
    await requestRefresh(client, { projection: projection.name, store, versions: [projection.version] }, { reason })
  })
}

const differing = (before: Inputs, now: Inputs) =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((view) => before[view] !== now[view])
