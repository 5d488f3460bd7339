import { randomUUID } from 'node:crypto'
import type { Correction, Title } from '@platform/contracts'
import { sql } from 'kysely'
import { changeAndPublish, publish, type WriteTransaction } from '../outbox.ts'
import { conflict, notFound } from '@platform/http'
import { complete, correct, type Result, type ScheduledMatch } from './match.ts'

export interface NewMatch {
  id?: string
  eventId: string
  divisionId: string
  athleteIds: readonly [string, string]
  title?: Title | undefined
  /** Place on the card; 1 is the main event. */
  cardOrder: number
  sourceRef?: string
}

/** Puts matches on the cards; returns their ids and the position of the last event. */
export async function scheduleMatches(
  trx: WriteTransaction,
  matches: readonly NewMatch[],
): Promise<{ ids: string[]; position: number }> {
  const rows = matches.map((match) => ({
    id: match.id ?? randomUUID(),
    event_id: match.eventId,
    division_id: match.divisionId,
    athlete_a: match.athleteIds[0],
    athlete_b: match.athleteIds[1],
    card_order: match.cardOrder,
    title: match.title ?? 'none',
    source_ref: match.sourceRef ?? null,
  }))
  await trx.insertInto('tournament.matches').values(rows).execute()
  const position = await publish(
    trx,
    rows.map((row) => ({
      type: 'MatchScheduled',
      matchId: row.id,
      divisionId: row.division_id,
      athleteIds: [row.athlete_a, row.athlete_b],
      title: row.title,
    })),
  )
  return { ids: rows.map((row) => row.id), position }
}

/** Records the results of matches that have none yet. */
export async function recordResults(trx: WriteTransaction, results: readonly Result[]): Promise<{ position: number }> {
  const matches = await findMatches(
    trx,
    results.map((each) => each.matchId),
  )
  const completions = results.map((result) =>
    complete(matches.get(result.matchId) ?? missing(result.matchId, 'matchId'), result),
  )
  const rows = completions.map((each) => each.row)
  const { changed, position } = await changeAndPublish(
    trx,
    { text: recordStatement, values: [JSON.stringify(rows)] },
    completions.map((each) => each.event),
  )
  if (changed !== rows.length)
    throw conflict('RESULT_EXISTS', 'somebody else has recorded a result of this match just now')
  return { position }
}

const recordStatement = `
update tournament.matches as m
set outcome = r.outcome, winner_id = r.winner_id, method = r.method, round = r.round, time = r.time, completed_at = r.completed_at
from jsonb_to_recordset($1::jsonb)
  as r(id uuid, outcome text, winner_id uuid, method text, round smallint, time text, completed_at timestamptz)
where m.id = r.id and m.outcome is null
returning m.id`

/** Corrects a result; what it was before is kept. */
export async function correctResult(
  trx: WriteTransaction,
  matchId: string,
  correction: { kind: Correction; winnerId?: string | undefined; reason?: string | undefined },
): Promise<{ position: number }> {
  // The lock keeps two corrections in order.
  const match = await trx
    .selectFrom('tournament.matches')
    .select(fields)
    .where('id', '=', matchId)
    .forUpdate()
    .executeTakeFirst()
  if (match === undefined) return missing(matchId, 'id')
  const at = new Date()
  const { outcome, winnerId, event } = correct(match, correction, at)
  await trx
    .updateTable('tournament.matches')
    .set({ outcome, winner_id: winnerId, corrected_at: at })
    .where('id', '=', matchId)
    .execute()
  await trx
    .insertInto('tournament.corrections')
    .values({
      id: randomUUID(),
      match_id: matchId,
      kind: correction.kind,
      previous_outcome: match.outcome!,
      previous_winner_id: match.winner_id,
      winner_id: winnerId,
      reason: correction.reason ?? null,
    })
    .execute()
  return { position: await publish(trx, [event]) }
}

const fields = ['id', 'division_id', 'athlete_a', 'athlete_b', 'title', 'outcome', 'winner_id'] as const

async function findMatches(trx: WriteTransaction, ids: readonly string[]): Promise<Map<string, ScheduledMatch>> {
  const rows = await trx
    .selectFrom('tournament.matches')
    .select(fields)
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}

function missing(id: string, path: string): never {
  throw notFound('match', id, path)
}
