import type { Queryable } from '../database.ts'
import { CornermanError } from '../errors.ts'
import { didYouMean } from '../options.ts'

/** A table as a first projection sees it. */
export interface TableShape {
  /** The projection's name. */
  readonly name: string
  /** As it stands in SQL: `public.orders`, `public."User"`. */
  readonly table: string
  /** The table's own name. */
  readonly relation: string
  readonly columns: readonly TableColumn[]
}

export interface TableColumn {
  readonly name: string
  /** As it stands in SQL. */
  readonly quoted: string
  /** As PostgreSQL writes it, modifier included. */
  readonly type: string
  /** Its place in the primary key, from 1; `null` for the others. */
  readonly keyPlace: number | null
}

/** Finds the table as `cornerman outbox trigger` does: as it is written, as PostgreSQL quotes it, or in small letters. */
const columnsStatement = `
select a.attname::text as name, quote_ident(a.attname) as quoted, format_type(a.atttypid, a.atttypmod) as type,
  k.place::int as "keyPlace", quote_ident(t.schema) || '.' || quote_ident(t.name) as table, t.name::text as relation
from (
  select c.oid, c.relname as name, n.nspname as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (select array[format('%s.%s', n.nspname, c.relname), format('%I.%I', n.nspname, c.relname)]
    || case when pg_table_is_visible(c.oid) then array[c.relname::text, quote_ident(c.relname)] end) as known(names)
  where c.relkind in ('r', 'p') and ($1 = any(known.names) or lower($1) = any(known.names))
  order by $1 = any(known.names) desc limit 1
) as t
join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
left join pg_index i on i.indrelid = t.oid and i.indisprimary
left join lateral unnest(i.indkey) with ordinality as k(attnum, place) on k.attnum = a.attnum and k.place <= i.indnkeyatts
order by a.attnum`

export async function readTable(db: Queryable, given: string): Promise<TableShape> {
  const { rows } = await db.query<TableColumn & { table: string; relation: string }>(columnsStatement, [given])
  const [first] = rows
  if (first === undefined) throw await unknownTable(db, given)
  const { table, relation } = first
  if (rows.every(({ keyPlace }) => keyPlace === null))
    throw new CornermanError('TABLE_UNKNOWN', `the table ${table} has no primary key`, {
      hint: 'a projection needs a key: add one, or write the projection by hand',
    })
  const columns = rows.map(({ name, quoted, type, keyPlace }) => ({ name, quoted, type, keyPlace }))
  return { name: projectionName(relation), table, relation, columns }
}

async function unknownTable(db: Queryable, given: string): Promise<CornermanError> {
  const { rows } = await db.query<{ name: string }>(
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'cornerman') and n.nspname !~ '^pg_'`,
  )
  const names = rows.map(({ name }) => name)
  const meant = didYouMean(given.includes('.') ? given : `public.${given}`, names)
  return new CornermanError('TABLE_UNKNOWN', `there is no table ${given}`, {
    hint: meant === undefined ? 'name it with its schema: public.orders' : `did you mean ${meant}?`,
  })
}

/** `OrderItems` → `order_items`. */
export function projectionName(relation: string): string {
  const name = snakeCase(relation).replace(/^[^a-z]+/, '')
  return (name === '' ? 'rows' : name).slice(0, 40)
}

export const snakeCase = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '')
