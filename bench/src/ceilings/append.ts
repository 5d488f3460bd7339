import type { Database } from '@platform/command-service/database'
import { sql } from 'kysely'

/** The command service's record-result transaction, statement by statement, without the event. */
export async function recordWithoutEvent(db: Database, matchId: string, winnerId: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const match = await trx
      .selectFrom('tournament.matches')
      .select(['id', 'division_id', 'athlete_a', 'athlete_b', 'title', 'outcome', 'winner_id'])
      .where('id', '=', sql<string>`any(${[matchId]}::uuid[])`)
      .executeTakeFirstOrThrow()
    if (match.outcome !== null) throw new Error(`match ${matchId} has a result already`)
    const row = { id: matchId, outcome: 'win', winner_id: winnerId, method: null, round: null, time: null }
    const rows = [{ ...row, completed_at: new Date().toISOString() }]
    const updated = await sql`
      update tournament.matches as m
      set outcome = r.outcome, winner_id = r.winner_id, method = r.method, round = r.round, time = r.time, completed_at = r.completed_at
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as r(id uuid, outcome text, winner_id uuid, method text, round smallint, time text, completed_at timestamptz)
      where m.id = r.id and m.outcome is null`.execute(trx)
    if (Number(updated.numAffectedRows) !== 1) throw new Error(`match ${matchId} was recorded by somebody else`)
  })
}
