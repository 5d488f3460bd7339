import type { MigrationSet } from '../../schema/migrate.ts'
import { literal } from '../../sql.ts'
import { readSchema } from './names.ts'

/** The store's own tables, beside those of the primary if both share a database. */
export const storeMigrations: MigrationSet = {
  table: 'store_migrations',
  migrations: [
    {
      number: 1,
      name: 'postgres read store',
      oldestCompatible: 1,
      sql: `
create schema if not exists ${readSchema};

-- The marker of a generation: a table without it was not made by this store, and one that lacks its table was lost.
create table cornerman.store_generations (
  projection text not null,
  version integer not null,
  number integer not null,
  key jsonb not null,
  shape jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (projection, version, number)
);

create table cornerman.store_live (
  projection text not null,
  version integer not null,
  number integer not null,
  promoted_at timestamptz not null default clock_timestamp(),
  primary key (projection, version)
);

create table cornerman.store_watermarks (
  projection text not null,
  version integer not null,
  number integer not null,
  source text not null,
  revision bigint not null,
  position bigint not null,
  row_id uuid,
  gaps jsonb not null,
  at_ms float8 not null,
  content_position bigint not null,
  staleness_ms float8 not null,
  parked_keys integer not null,
  parked_from bigint,
  sla_ms float8 not null,
  lost text,
  primary key (projection, version, number, source)
) with (fillfactor = 50);

-- Roles that may read the live views; each promotion grants them its view.
create table cornerman.store_readers (role text primary key);

-- What readers see of freshness: the watermarks of what is live.
create view ${readSchema}.watermarks as
select w.projection, w.version, l.number as generation, w.source, w.revision, w.position, w.row_id, w.gaps, w.at_ms, w.content_position,
  w.staleness_ms, w.parked_keys, w.parked_from, w.sla_ms, w.lost
from cornerman.store_live l join cornerman.store_watermarks w using (projection, version, number);
`,
    },
  ],
}

/** What is live already, too: the next promotion may be far away. Views that the role reads are left alone: not everybody may grant them. */
const liveViewsFor = (reader: string) => `do $$
declare
  live text;
begin
  for live in
    select format('%I.%I', '${readSchema}', projection || '_v' || version) from cornerman.store_live
  loop
    if not has_table_privilege(${literal(reader)}, live, 'select') then
      execute format('grant select on %s to %I', live, ${literal(reader)});
    end if;
  end loop;
end $$`

export function storeGrants(
  { projector, reader }: { projector?: string | undefined; reader?: string | undefined },
  quote: (name: string) => string,
): string[] {
  const statements: string[] = []
  if (projector !== undefined) {
    const role = quote(projector)
    statements.push(
      `grant usage on schema cornerman to ${role}`,
      `grant usage, create on schema ${readSchema} to ${role}`,
      `grant select, insert, update, delete on cornerman.store_generations, cornerman.store_live, cornerman.store_watermarks to ${role}`,
      `grant select on cornerman.store_readers, cornerman.store_migrations to ${role}`,
    )
  }
  if (reader !== undefined) {
    const role = quote(reader)
    statements.push(
      `grant usage on schema ${readSchema} to ${role}`,
      `grant select on ${readSchema}.watermarks to ${role}`,
      `insert into cornerman.store_readers (role) values (${literal(reader)}) on conflict do nothing`,
      liveViewsFor(reader),
    )
  }
  return statements
}
