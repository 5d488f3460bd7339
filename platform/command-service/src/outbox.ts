import type { PlatformEvent } from '@platform/contracts'
import { append, type NewEvent } from 'cornerman'
import type { Transaction } from 'kysely'
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
