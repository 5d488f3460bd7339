import { type Kysely, sql } from 'kysely'

/**
 * What the write side publishes: the contract between the services, and all that projections see.
 *
 * The ranking rule is `published.bout_points` (what one bout is worth) and `published.standings` (their sum in a division);
 * docs/explanation/ranking.md states it in words.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create schema published`.execute(db)
  await names(db)
  await bouts(db)
  await standings(db)
}

async function names(db: Kysely<unknown>): Promise<void> {
  // A name as a search sees it: lower case, no accents, no punctuation. The query service folds what is typed in the same way.
  await sql
    .raw(
      String.raw`
    create function published.folded(name text) returns text language sql immutable parallel safe
    return trim(regexp_replace(
      translate(
        regexp_replace(
          normalize(lower(replace(replace(replace(replace(replace(replace(name, 'ß', 'ss'), 'ẞ', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe')), NFD),
          '[\u0300-\u036f]', '', 'g'),
        'łøđðħıþŋς', 'loddhitnσ'),
      '[\s''’‘\x60".,()/_–-]+', ' ', 'g'))`,
    )
    .execute(db)
  await sql`
    create view published.athletes as
    select id, name, published.folded(name) as folded_name, nickname, country, synthetic from tournament.athletes`.execute(
    db,
  )
  await sql`
    create view published.divisions as
    select id, slug, name, sex, weight_class, limit_lbs, ranked, display_order from tournament.divisions`.execute(db)
  await sql`
    create view published.current_period as
    select id as period_id, ranking_date from tournament.ranking_periods order by number desc limit 1`.execute(db)
  await sql`
    create view published.places as
    select division_id, athlete_id, place from tournament.published_places
    where period_id = (select period_id from published.current_period)`.execute(db)
}

async function bouts(db: Kysely<unknown>): Promise<void> {
  // Every bout that has a result, once for each of the two.
  await sql`
    create view published.bouts as
    select m.id as match_id, m.division_id, m.athlete_a as athlete_id, m.athlete_b as opponent_id, e.date as bout_date, m.card_order,
      e.name as event_name, m.title, m.outcome, coalesce(m.winner_id = m.athlete_a, false) as won, m.method, m.round, m.time
    from tournament.matches m join tournament.events e on e.id = m.event_id where m.outcome is not null
    union all
    select m.id, m.division_id, m.athlete_b, m.athlete_a, e.date, m.card_order,
      e.name, m.title, m.outcome, coalesce(m.winner_id = m.athlete_b, false), m.method, m.round, m.time
    from tournament.matches m join tournament.events e on e.id = m.event_id where m.outcome is not null`.execute(db)
  await sql`
    create view published.bout_points as
    select b.*, worth, share, (worth * share)::integer as points, share > 0 and outcome in ('win', 'draw') as counts,
      case when won then 'W' when outcome = 'draw' then 'D' when outcome = 'win' then 'L' else 'NC' end as letter,
      won and method in ('ko_tko', 'doctors_stoppage', 'submission') as finish
    from published.bouts b
    cross join lateral (
      select (case when won then 100 + case when method in ('ko_tko', 'doctors_stoppage', 'submission') then 20 else 0 end
                   when outcome = 'draw' then 50 else 0 end
              * case when title = 'none' then 1 else 2 end) as worth
    ) as w
    cross join lateral (
      select case when b.bout_date > p.ranking_date - interval '12 months' then 1.0
                  when b.bout_date > p.ranking_date - interval '24 months' then 0.5
                  else 0 end as share
      from published.current_period p
    ) as s`.execute(db)
  await sql`
    create view published.entries as
    select distinct b.division_id, b.athlete_id
    from published.bouts b join published.divisions d on d.id = b.division_id where d.ranked`.execute(db)
}

async function standings(db: Kysely<unknown>): Promise<void> {
  // Undisputed title bouts with a winner, the latest first in each division.
  await sql`
    create view published.title_wins as
    select m.division_id, m.id as match_id, m.winner_id as athlete_id, e.date as bout_date, m.card_order
    from tournament.matches m join tournament.events e on e.id = m.event_id
    where m.title = 'undisputed' and m.outcome = 'win'`.execute(db)
  await sql`
    create view published.champions as
    select distinct on (division_id) division_id, athlete_id, match_id
    from published.title_wins order by division_id, bout_date desc, card_order, match_id`.execute(db)
  await sql`
    create view published.standings as
    select s.*, s.ranked and coalesce(s.athlete_id = (
        select c.athlete_id from published.champions c where c.division_id = s.division_id), false) as champion
    from (
      select division_id, athlete_id,
        bool_or(counts) as ranked,
        bool_or(counts and share = 1) as active,
        sum(points)::integer as points,
        (count(*) filter (where won and counts))::integer as wins,
        max(bout_date) filter (where won and counts) as last_win,
        (count(*) filter (where letter = 'W'))::integer as career_wins,
        (count(*) filter (where letter = 'L'))::integer as career_losses,
        (count(*) filter (where letter = 'D'))::integer as career_draws,
        (count(*) filter (where letter = 'NC'))::integer as career_no_contests,
        (count(*) filter (where finish))::integer as finishes,
        (array_agg(letter order by bout_date desc, card_order, match_id))[1:5] as form
      from published.bout_points
      group by division_id, athlete_id
    ) as s`.execute(db)
}
