import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { publish, type WriteTransaction } from '../outbox.ts'

export interface StartedPeriod {
  periodId: string
  /** How many places were published. */
  places: number
  position: number
}

/**
 * Moves the ranking date and publishes the places as they are then: what movement is measured against until the next period,
 * whatever is corrected later. One at a time.
 */
export async function startPeriod(trx: WriteTransaction, rankingDate: string): Promise<StartedPeriod> {
  const periodId = randomUUID()
  await sql`select pg_advisory_xact_lock(hashtextextended('tournament.ranking_periods', 0))`.execute(trx)
  await trx.insertInto('tournament.ranking_periods').values({ id: periodId, ranking_date: rankingDate }).execute()
  const { numAffectedRows } = await sql`
    insert into tournament.published_places (period_id, division_id, athlete_id, place)
    select ${periodId}::uuid, s.division_id, s.athlete_id,
      row_number() over (partition by s.division_id order by s.champion desc, s.points desc, s.wins desc, s.last_win desc nulls last, s.athlete_id)
    from published.standings s join published.divisions d on d.id = s.division_id
    where s.ranked and d.ranked`.execute(trx)
  const position = await publish(trx, [{ type: 'RankingPeriodStarted', periodId, rankingDate }])
  return { periodId, places: Number(numAffectedRows), position }
}
