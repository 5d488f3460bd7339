import type { Migration } from './migrate.ts'

/**
 * The toolkit's own schema on the primary. Migrations only add (expand); what an old process of the toolkit uses goes no
 * sooner than a release later, with `oldestCompatible` raised. So old and new processes run together across each of them.
 */
export const primaryMigrations: readonly Migration[] = [
  {
    number: 1,
    name: 'outbox',
    oldestCompatible: 1,
    sql: `
create sequence cornerman.outbox_position as bigint cache 1;

-- First the columns that Debezium's outbox event router expects, then ours. Defaults are computed in the order of the columns:
-- the transaction has its id before it takes a position (the gap rule rests on it), and the position before the time.
create table cornerman.outbox (
  id uuid not null default gen_random_uuid(),
  aggregatetype text not null,
  aggregateid text not null,
  type text not null,
  payload jsonb not null,
  position bigint not null
    default (case when pg_current_xact_id() is null then null else nextval('cornerman.outbox_position') end),
  headers jsonb not null default '{}',
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (position)
) partition by range (position);

create table cornerman.outbox_state (
  only_row boolean primary key default true check (only_row),
  -- Rows below this position may have been dropped; a reader that has not passed it is LOST.
  floor bigint not null default 1,
  partition_size bigint not null default 5000000
);
insert into cornerman.outbox_state default values;

create table cornerman.outbox_partitions (
  name text primary key,
  from_position bigint not null,
  to_position bigint not null,
  emptied_at timestamptz
);

-- Makes partitions until \`ahead\` of them lie above the last position handed out. ATTACH takes a lock that no writer waits for.
create function cornerman.extend_outbox(ahead integer default 20, above bigint default 0) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '250ms' as $$
declare
  size bigint;
  top bigint;
  lower bigint;
  part text;
  made integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('cornerman.extend_outbox', 0));
  select partition_size into size from cornerman.outbox_state;
  select greatest(above, case when is_called then last_value else 0 end) into top from cornerman.outbox_position;
  loop
    select coalesce(max(to_position), 1) into lower from cornerman.outbox_partitions;
    exit when lower > top + ahead * size;
    lower := greatest(lower, top / size * size + 1);
    part := 'outbox_p' || lower;
    execute format('create table cornerman.%I (like cornerman.outbox including defaults)', part);
    execute format('alter table cornerman.%I add primary key (position)', part);
    execute format('alter table cornerman.%I add constraint in_range check (position >= %s and position < %s)', part, lower, lower + size);
    execute format('alter table cornerman.outbox attach partition cornerman.%I for values from (%s) to (%s)', part, lower, lower + size);
    execute format('alter table cornerman.%I drop constraint in_range', part);
    insert into cornerman.outbox_partitions (name, from_position, to_position) values (part, lower, lower + size);
    made := made + 1;
  end loop;
  return made;
end $$;

-- Empties one partition: TRUNCATE locks that partition alone, in which no writer writes any more. False if somebody else has.
create function cornerman.empty_outbox_partition(part text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '250ms' as $$
declare
  upper bigint;
begin
  select to_position into upper from cornerman.outbox_partitions where name = part and emptied_at is null for update skip locked;
  if not found then return false; end if;
  update cornerman.outbox_state set floor = greatest(floor, upper);
  update cornerman.outbox_partitions set emptied_at = clock_timestamp() where name = part;
  execute format('truncate cornerman.%I', part);
  return true;
end $$;

-- Drops an emptied partition if its parent can be locked without any wait, so that no command ever queues behind this. One call
-- is one transaction: nothing is waited for while the parent is locked.
create function cornerman.drop_outbox_partition(part text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform 1 from cornerman.outbox_partitions where name = part and emptied_at is not null for update skip locked;
  if not found then return false; end if;
  begin
    lock table only cornerman.outbox in access exclusive mode nowait;
    execute format('lock table cornerman.%I in access exclusive mode nowait', part);
  exception when lock_not_available then
    return false;
  end;
  execute format('alter table cornerman.outbox detach partition cornerman.%I', part);
  execute format('drop table cornerman.%I', part);
  delete from cornerman.outbox_partitions where name = part;
  return true;
end $$;

select cornerman.extend_outbox();
`,
  },
  {
    number: 2,
    name: 'projections',
    oldestCompatible: 2,
    sql: `
create sequence cornerman.version as bigint cache 1;

-- Lifts versions and positions above everything that a store has seen of another history (restore, lost tail).
create function cornerman.lift(version_seen bigint, position_seen bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- Far more than can be handed out between reading a sequence and setting it.
  margin constant bigint := 1000000;
begin
  perform pg_advisory_xact_lock(hashtextextended('cornerman.lift', 0));
  if (select last_value from cornerman.version) <= version_seen then
    perform setval('cornerman.version', version_seen + margin);
  end if;
  if (select last_value from cornerman.outbox_position) <= position_seen then
    perform cornerman.extend_outbox(20, position_seen + margin);
    perform setval('cornerman.outbox_position', position_seen + margin);
  end if;
end $$;

create table cornerman.leases (
  name text primary key,
  -- Null when nobody holds it.
  token uuid,
  holder text,
  -- Grows with each renewal: a lease whose beat stands still for time_ms is free, whatever any clock says.
  beat bigint not null default 0,
  time_ms integer not null default 3000,
  acquired_at timestamptz not null default clock_timestamp(),
  renewed_at timestamptz not null default clock_timestamp()
);

create table cornerman.generations (
  projection text not null,
  store text not null,
  version integer not null,
  number integer not null,
  state text not null check (state in ('building', 'live', 'retained', 'dropping', 'dropped')),
  -- A switch to this generation is announced: it counts as live.
  switching boolean not null default false,
  -- Why it is no longer fed; null while it is.
  broken text,
  definition_hash text not null,
  -- The published relations under the projection's queries, as they were when it was built.
  inputs jsonb not null default '{}',
  -- It goes live by itself once it is built: there was nothing to read before it.
  promote_when_built boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  promoted_at timestamptz,
  primary key (projection, store, version, number)
);

create table cornerman.checkpoints (
  projection text not null,
  store text not null,
  position bigint not null default 0,
  row_id uuid,
  -- Gaps without a bound yet: [from, to].
  new_gaps jsonb not null default '[]',
  -- Gaps that wait for the transactions before their bound to end: [from, to, bound].
  old_gaps jsonb not null default '[]',
  content_position bigint not null default 0,
  at timestamptz,
  -- Generation and source → the revision of the watermark last written there.
  watermarks jsonb not null default '{}',
  -- Why the read model cannot be trusted until all keys are refreshed; null when it can.
  lost text,
  -- What the projector is waiting for: {reason, since}; null when it moves.
  trouble jsonb,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (projection, store)
);

-- Stale keys too many for one batch: worked off in chunks, in key order, after last_key.
create table cornerman.fanouts (
  id bigint generated always as identity primary key,
  projection text not null,
  store text not null,
  version integer not null,
  -- event: the mapping mapping_index of event_type for these arguments; keys: the listed keys; all: the whole domain, then
  -- whatever else lies in the store below started_version.
  kind text not null check (kind in ('event', 'keys', 'all')),
  event_type text,
  mapping_index integer,
  arguments jsonb,
  keys jsonb,
  phase text not null default 'domain' check (phase in ('domain', 'store')),
  last_key text[],
  started_version bigint,
  -- The event's position and time: the watermark's gap, and the limit of its time, until this is done. Null when asked for by hand.
  position bigint,
  at timestamptz,
  reason text not null,
  done_keys bigint not null default 0,
  created_at timestamptz not null default clock_timestamp()
);
create unique index fanouts_of_event on cornerman.fanouts (projection, store, version, position, event_type, mapping_index) where kind = 'event';

create table cornerman.parked_keys (
  projection text not null,
  store text not null,
  version integer not null,
  key text[] not null,
  code text not null,
  reason text not null,
  -- The lowest position whose change of this key is not in the read model; null when not known.
  position bigint,
  attempts integer not null default 1,
  parked_at timestamptz not null default clock_timestamp(),
  tried_at timestamptz not null default clock_timestamp(),
  retry_at timestamptz not null default clock_timestamp(),
  primary key (projection, store, version, key)
);

-- Events that named no key: unreadable ones, with their bytes, and those whose mapping failed.
create table cornerman.parked_events (
  projection text not null,
  store text not null,
  version integer not null,
  source text not null,
  position bigint not null,
  event_id text,
  type text,
  body bytea not null,
  code text not null,
  reason text not null,
  attempts integer not null default 1,
  parked_at timestamptz not null default clock_timestamp(),
  tried_at timestamptz not null default clock_timestamp(),
  retry_at timestamptz not null default clock_timestamp(),
  primary key (projection, store, version, source, position)
);
`,
  },
]

/** What an event brings; position and time are PostgreSQL's own. */
const appended = 'id, aggregatetype, aggregateid, type, payload, headers'

/** What a role may do, and no more: writers append; projectors read the outbox and keep their books. */
export function primaryGrants(
  { writer, projector }: { writer?: string | undefined; projector?: string | undefined },
  quote: (name: string) => string,
): string[] {
  const statements: string[] = []
  if (writer !== undefined) {
    const role = quote(writer)
    statements.push(
      `grant usage on schema cornerman to ${role}`,
      `grant insert (${appended}) on cornerman.outbox to ${role}`,
      `grant select (id, position) on cornerman.outbox to ${role}`,
      `grant usage on sequence cornerman.outbox_position to ${role}`,
    )
  }
  if (projector !== undefined) {
    const role = quote(projector)
    const books = ['leases', 'generations', 'checkpoints', 'fanouts', 'parked_keys', 'parked_events'].map(
      (name) => `cornerman.${name}`,
    )
    statements.push(
      `grant usage on schema cornerman to ${role}`,
      `grant select, insert (${appended}) on cornerman.outbox to ${role}`,
      `grant select on cornerman.outbox_state, cornerman.outbox_partitions, cornerman.migrations to ${role}`,
      `grant select, insert, update, delete on ${books.join(', ')} to ${role}`,
      `grant usage, select on sequence cornerman.outbox_position, cornerman.version, cornerman.fanouts_id_seq to ${role}`,
      `grant execute on function cornerman.extend_outbox(integer, bigint), cornerman.empty_outbox_partition(text), cornerman.drop_outbox_partition(text), cornerman.lift(bigint, bigint) to ${role}`,
    )
  }
  return statements
}
