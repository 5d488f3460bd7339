import { type Kysely, sql } from 'kysely'

/** The system of record. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create schema tournament`.execute(db)
  await sql`
    create table tournament.divisions (
      id uuid primary key,
      slug text not null unique,
      name text not null,
      sex text not null check (sex in ('male', 'female')),
      weight_class text not null,
      limit_lbs numeric(6, 1),
      -- Bouts of other divisions (catch weight, open weight) are on the record and in no ranking.
      ranked boolean not null default true,
      display_order integer not null,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`
    create table tournament.athletes (
      id uuid primary key,
      name text not null,
      nickname text,
      -- ISO 3166-1 alpha-2.
      country text check (country ~ '^[A-Z]{2}$'),
      listed_weight_lbs numeric(6, 1),
      -- Made up by the seed: no real person.
      synthetic boolean not null default false,
      -- Where an import took it from; the second import of the same thing finds it by this.
      source_ref text unique,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`create index on tournament.athletes (name)`.execute(db)
  await sql`
    create table tournament.events (
      id uuid primary key,
      name text not null,
      date date not null,
      location text,
      source_ref text unique,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`
    create table tournament.matches (
      id uuid primary key,
      event_id uuid not null references tournament.events,
      division_id uuid not null references tournament.divisions,
      athlete_a uuid not null references tournament.athletes,
      athlete_b uuid not null references tournament.athletes,
      -- 1 is the main event: the last bout of the day.
      card_order integer not null check (card_order > 0),
      title text not null default 'none' check (title in ('none', 'interim', 'undisputed')),
      -- Null until the bout has a result.
      outcome text check (outcome in ('win', 'draw', 'no_contest', 'overturned')),
      winner_id uuid,
      method text check (method in ('ko_tko', 'doctors_stoppage', 'submission', 'decision_unanimous', 'decision_split',
        'decision_majority', 'disqualification', 'could_not_continue', 'other')),
      round smallint check (round between 1 and 99),
      time text check (time ~ '^[0-9]{1,2}:[0-5][0-9]$'),
      completed_at timestamptz,
      corrected_at timestamptz,
      source_ref text unique,
      created_at timestamptz not null default clock_timestamp(),
      check (athlete_a <> athlete_b),
      check (winner_id is null or winner_id in (athlete_a, athlete_b)),
      check ((outcome is not distinct from 'win') = (winner_id is not null)),
      check ((outcome is null) = (completed_at is null))
    )`.execute(db)
  await sql`create index on tournament.matches (athlete_a, division_id)`.execute(db)
  await sql`create index on tournament.matches (athlete_b, division_id)`.execute(db)
  await sql`create index on tournament.matches (event_id)`.execute(db)
  await sql`create index on tournament.matches (division_id) where title = 'undisputed' and outcome = 'win'`.execute(db)
  await sql`
    create table tournament.corrections (
      id uuid primary key,
      match_id uuid not null references tournament.matches,
      kind text not null check (kind in ('overturned', 'winner_changed', 'no_contest')),
      previous_outcome text not null,
      previous_winner_id uuid,
      winner_id uuid,
      reason text,
      corrected_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`create index on tournament.corrections (match_id)`.execute(db)
  await sql`
    create table tournament.ranking_periods (
      id uuid primary key,
      number integer generated always as identity unique,
      ranking_date date not null,
      started_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`
    create table tournament.published_places (
      period_id uuid not null references tournament.ranking_periods,
      division_id uuid not null references tournament.divisions,
      athlete_id uuid not null references tournament.athletes,
      place integer not null,
      primary key (period_id, division_id, athlete_id)
    )`.execute(db)
  await sql`
    create table tournament.idempotency_keys (
      key text primary key,
      request_hash text not null,
      status integer,
      body jsonb,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  // Rankings need a date from the first day on.
  await sql`insert into tournament.ranking_periods (id, ranking_date) values (gen_random_uuid(), current_date)`.execute(
    db,
  )
}
