import type { PlatformEvent } from '@platform/contracts'
import { defineProjection, sql } from 'cornerman'
import { postgres } from 'cornerman/postgres'
import { formerChampion } from './champions.ts'

/** One athlete: record, form, divisions, and every bout with what it counts: the card that says why she is fourth. */
export const athletes = defineProjection<PlatformEvent>({
  name: 'athletes',
  version: 1,
  key: { athlete_id: 'uuid' },
  on: {
    AthleteRegistered: (e) => [[e.athleteId]],
    AthleteUpdated: (e) => [[e.athleteId]],
    // Opponents bear the name in their lists of bouts.
    AthleteRenamed: [
      (e) => [[e.athleteId]],
      sql`select distinct opponent_id as athlete_id from published.bouts where athlete_id = ${(e) => e.athleteId}`,
    ],
    MatchCompleted: [(e) => e.athleteIds.map((id) => [id]), formerChampion],
    MatchResultCorrected: [(e) => e.athleteIds.map((id) => [id]), formerChampion],
    DivisionRenamed: sql`select distinct athlete_id from published.bouts where division_id = ${(e) => e.divisionId}`,
    RankingPeriodStarted: sql`select id as athlete_id from published.athletes`,
  },
  keys: sql`select id as athlete_id from published.athletes`,
  document: sql`
    select k.athlete_id, jsonb_build_object(
      'name', a.name,
      'nickname', a.nickname,
      'country', a.country,
      'synthetic', a.synthetic,
      'record', jsonb_build_object('wins', coalesce(b.wins, 0), 'losses', coalesce(b.losses, 0), 'draws', coalesce(b.draws, 0), 'noContests', coalesce(b.no_contests, 0)),
      'form', coalesce(b.form, '[]'),
      'divisions', coalesce(s.divisions, '[]'),
      'bouts', coalesce(b.bouts, '[]')
    ) as document
    from keys k
    join published.athletes a on a.id = k.athlete_id
    left join lateral (
      select count(*) filter (where letter = 'W') as wins, count(*) filter (where letter = 'L') as losses,
        count(*) filter (where letter = 'D') as draws, count(*) filter (where letter = 'NC') as no_contests,
        to_jsonb((array_agg(letter order by bout_date desc, card_order, match_id))[1:5]) as form,
        jsonb_agg(jsonb_build_object(
          'matchId', p.match_id, 'date', p.bout_date, 'event', p.event_name, 'division', d.name,
          'opponent', jsonb_build_object('id', p.opponent_id, 'name', o.name),
          'title', p.title, 'result', p.letter, 'overturned', p.outcome = 'overturned',
          'method', p.method, 'round', p.round, 'time', p.time,
          'worth', case when d.ranked then p.worth else 0 end, 'share', p.share, 'points', case when d.ranked then p.points else 0 end
        ) order by bout_date desc, card_order, match_id) as bouts
      from published.bout_points p
      join published.athletes o on o.id = p.opponent_id
      join published.divisions d on d.id = p.division_id
      where p.athlete_id = k.athlete_id
    ) as b on true
    left join lateral (
      select jsonb_agg(jsonb_build_object(
          'id', d.id, 'slug', d.slug, 'name', d.name, 'sex', d.sex, 'weightClass', d.weight_class,
          'ranked', t.ranked, 'champion', t.champion, 'points', t.points, 'wins', t.wins,
          'record', jsonb_build_object('wins', t.career_wins, 'losses', t.career_losses, 'draws', t.career_draws, 'noContests', t.career_no_contests),
          'form', t.form
        ) order by d.display_order, d.id) as divisions
      from (select * from published.standings s where s.athlete_id = k.athlete_id offset 0) as t
      join published.divisions d on d.id = t.division_id and d.ranked
    ) as s on true`,
  store: postgres({ columns: { name: 'text' } }),
  freshness: { sla: '30s' },
})
