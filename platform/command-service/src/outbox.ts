import type { PlatformEvent } from '@platform/contracts'
import { append, appendClause, type NewEvent } from 'cornerman'
import { CompiledQuery, type Transaction } from 'kysely'
import type { WriteSchema } from './database/schema.ts'

export type WriteTransaction = Transaction<WriteSchema>

/** The aggregate of each event type: it decides topic and order. */
function aggregateOf(event: PlatformEvent): { aggregateType: string; aggregateId: string } {
  if ('matchId' in event) return { aggregateType: 'match', aggregateId: event.matchId }
  if ('athleteId' in event) return { aggregateType: 'athlete', aggregateId: event.athleteId }
  if ('divisionId' in event) return { aggregateType: 'division', aggregateId: event.divisionId }
  if ('eventId' in event) return { aggregateType: 'event', aggregateId: event.eventId }
  return { aggregateType: 'ranking', aggregateId: event.periodId }
}

export function newEvent(event: PlatformEvent): NewEvent {
  const { type, ...payload } = event
  return { type, ...aggregateOf(event), payload }
}

/** Appends events in the transaction of the change; returns the last position: a query that is given it sees all of them. */
export async function publish(trx: WriteTransaction, events: readonly PlatformEvent[]): Promise<number> {
  const appended = await append(trx, events.map(newEvent))
  return Math.max(0, ...appended.map((each) => each.position))
}

/**
 * Makes a change and appends its events in one statement, so that they cost no round trip of their own. `change` returns a row
 * for each thing that it has changed; how many there were is for the caller to judge, and to roll back.
 */
export async function changeAndPublish(
  trx: WriteTransaction,
  change: { text: string; values: readonly unknown[] },
  events: readonly PlatformEvent[],
): Promise<{ changed: number; position: number }> {
  const appended = appendClause(events.map(newEvent), change.values.length + 1)
  const text = `with changed as (${change.text}), appended as (${appended.text})
select (select count(*)::int from changed) as changed, (select max(position) from appended) as position`
  const { rows } = await trx.executeQuery<{ changed: number; position: string | null }>(
    CompiledQuery.raw(text, [...change.values, ...appended.values]),
  )
  return { changed: rows[0]!.changed, position: Number(rows[0]!.position) }
}
