import { randomUUID } from 'node:crypto'
import { publish, type WriteTransaction } from '../outbox.ts'

export interface NewEvent {
  id?: string
  name: string
  /** `2024-12-07` */
  date: string
  location?: string | null | undefined
  sourceRef?: string
}

/** Announces events: the evenings with a card of matches. */
export async function scheduleEvents(
  trx: WriteTransaction,
  events: readonly NewEvent[],
): Promise<{ ids: string[]; position: number }> {
  const rows = events.map((event) => ({
    id: event.id ?? randomUUID(),
    name: event.name,
    date: event.date,
    location: event.location ?? null,
    source_ref: event.sourceRef ?? null,
  }))
  await trx.insertInto('tournament.events').values(rows).execute()
  const position = await publish(
    trx,
    rows.map((row) => ({ type: 'EventScheduled', eventId: row.id })),
  )
  return { ids: rows.map((row) => row.id), position }
}
