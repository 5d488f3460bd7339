import type { PlatformEvent } from '@platform/contracts'
import { defineProjection, sql } from 'cornerman'
import { postgres } from 'cornerman/postgres'
import { formerChampion } from './champions.ts'

/**
 * One athlete in one division, with everything that a ranking shows but the place itself: places are counted from the sort key
 * (champion, points, wins, last win, athlete), so a result changes two documents and not a whole division.
 */
export const rankings = defineProjection<PlatformEvent>({
  name: 'rankings',
  version: 1,
  key: { division_id: 'uuid', athlete_id: 'uuid' },
  on: {
    MatchCompleted: [(e) => e.athleteIds.map((id) => [e.divisionId, id]), formerChampion],
    MatchResultCorrected: [(e) => e.athleteIds.map((id) => [e.divisionId, id]), formerChampion],
    AthleteRenamed: sql`select division_id, athlete_id from published.entries where athlete_id = ${(e) => e.athleteId}`,
    AthleteUpdated: sql`select division_id, athlete_id from published.entries where athlete_id = ${(e) => e.athleteId}`,
    DivisionRenamed: sql`select division_id, athlete_id from published.entries where division_id = ${(e) => e.divisionId}`,
    RankingPeriodStarted: sql`select division_id, athlete_id from published.entries`,
  },
  keys: sql`select division_id, athlete_id from published.entries`,
  document: sql`
    select k.division_id, k.athlete_id, jsonb_build_object(
      'name', a.name,
      'folded_name', a.folded_name,
      'nickname', a.nickname,
      'country', a.country,
      'synthetic', a.synthetic,
      'division', jsonb_build_object('slug', d.slug, 'name', d.name, 'sex', d.sex, 'weightClass', d.weight_class, 'order', d.display_order),
      'division_order', d.display_order,
      'sex', d.sex,
      'weight_class', d.weight_class,
      'ranked', s.ranked,
      'active', s.active,
      'champion', s.champion,
      'points', s.points,
      'wins', s.wins,
      'last_win', s.last_win,
      'record', jsonb_build_object('wins', s.career_wins, 'losses', s.career_losses, 'draws', s.career_draws, 'noContests', s.career_no_contests),
      'finishes', s.finishes,
      'form', s.form,
      'previousPlace', p.place
    ) as document
    from keys k
    join published.athletes a on a.id = k.athlete_id
    join published.divisions d on d.id = k.division_id
    -- One by one, so that each reaches the index of its athlete's bouts.
    cross join lateral (
      select * from published.standings s where s.division_id = k.division_id and s.athlete_id = k.athlete_id offset 0
    ) as s
    left join published.places p on p.division_id = k.division_id and p.athlete_id = k.athlete_id`,
  store: postgres({
    columns: {
      folded_name: 'text',
      name: 'text',
      nickname: 'text',
      country: 'text',
      division_order: 'integer',
      sex: 'text',
      weight_class: 'text',
      ranked: 'boolean',
      active: 'boolean',
      champion: 'boolean',
      points: 'integer',
      wins: 'integer',
      last_win: 'date',
      finishes: 'integer',
    },
    indexes: ['(division_id, ranked, champion desc, points desc, wins desc, last_win desc nulls last, athlete_id)'],
    search: { text: ['folded_name', 'nickname', 'weight_class'], fuzzy: ['folded_name'] },
  }),
  freshness: { sla: '30s' },
})
