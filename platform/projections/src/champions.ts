import type { MatchCompleted, MatchResultCorrected } from '@platform/contracts'
import { sql } from 'cornerman'

/**
 * Who stops or begins to be the champion by an undisputed title bout without having fought in it: the winner of the title bout
 * before it. Of the two who fought, the event itself tells.
 */
export const formerChampion = sql<MatchCompleted | MatchResultCorrected>`
  select w.division_id, w.athlete_id
  from published.bouts b
  join published.title_wins w on w.division_id = b.division_id and w.match_id <> b.match_id
    and (w.bout_date, -w.card_order) <= (b.bout_date, -b.card_order)
  where ${(e) => e.title}::text = 'undisputed' and b.match_id = ${(e) => e.matchId}::uuid and b.athlete_id = ${(e) => e.athleteIds[0]}::uuid
  order by w.bout_date desc, w.card_order, w.match_id
  limit 1`
