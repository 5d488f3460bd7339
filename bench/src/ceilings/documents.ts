import type { Pool } from 'pg'

/** The `document` query of the projection `items` for some keys, as a script would send it. */
const documentQuery = `
with keys as (select k.id from (select id from published.items) as k where k.id = any($1::integer[]))
select k.id, jsonb_build_object(
  'name', i.name, 'shelf', s.name, 'count', i.count, 'price', i.price, 'worth', i.count * i.price, 'note', i.note
)::text as document
from keys k join published.items i on i.id = k.id join published.shelves s on s.id = i.shelf_id`

/** A table like that of a generation, and the same upsert. */
export async function createTarget(read: Pool): Promise<void> {
  await read.query(`
    create schema bench;
    create table bench.items (id integer primary key, name text, shelf text, worth integer, document jsonb, _version bigint not null,
      _deleted_at timestamptz) with (fillfactor = 90);
    create index on bench.items (_version);
    create index on bench.items (shelf, worth desc) where _deleted_at is null;`)
}

const upsert = `
insert into bench.items as stored (id, document, _version, _deleted_at, name, shelf, worth)
select i.id, i.document, $3::bigint, null, r.name, r.shelf, r.worth
from (select id, text::jsonb as document from unnest($1::integer[], string_to_array($2::text, E'\\x01')) as u(id, text)) as i
left join lateral jsonb_to_record(i.document) as r(name text, shelf text, worth integer) on true
on conflict (id) do update set document = excluded.document, _version = excluded._version, _deleted_at = excluded._deleted_at,
  name = excluded.name, shelf = excluded.shelf, worth = excluded.worth
where stored._version < excluded._version`

let version = 0

/** Copies the documents of some keys: one query, one write. */
export async function copyDocuments(write: Pool, read: Pool, keys: readonly number[]): Promise<void> {
  const { rows } = await write.query<{ id: number; document: string }>(documentQuery, [keys])
  rows.sort((a, b) => a.id - b.id)
  await read.query(upsert, [rows.map((row) => row.id), rows.map((row) => row.document).join('\u0001'), ++version])
}

/** Copies many, in batches, two at once: the next query runs while the last write is out. */
export async function copyAll(write: Pool, read: Pool, keys: readonly number[], batch: number): Promise<void> {
  let next = 0
  const copy = async () => {
    while (next < keys.length) {
      const from = next
      next += batch
      await copyDocuments(write, read, keys.slice(from, next))
    }
  }
  await Promise.all([copy(), copy()])
}
