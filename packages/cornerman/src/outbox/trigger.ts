import { createHash } from 'node:crypto'
import type { Queryable } from '../database.ts'
import { CornermanError } from '../errors.ts'
import { identifier, literal } from '../sql.ts'

export interface TriggerOptions {
  /** `schema.table`, or a table on the search path. */
  table: string
  /** Defaults to the table's name. */
  aggregateType?: string
  /** Columns that go into the payload beside the primary key; names of keys, not content. */
  columns?: readonly string[]
}

interface TableFacts {
  schema: string
  table: string
  columns: string[]
  primaryKey: string[]
}

/**
 * The statements of a trigger that appends an event for each row that is inserted, updated or deleted: for writers that
 * cannot be changed. An update names the old key too, under `previous`, for the case that it moved. Keys are text in PostgreSQL's
 * own output form, whatever the writer's session prints: a number beyond 2^53 stays what it is.
 */
export async function outboxTrigger(db: Queryable, options: TriggerOptions): Promise<string> {
  const facts = await tableFacts(db, options.table)
  const title = `${facts.schema}.${facts.table}`
  const unknown = (options.columns ?? []).filter((name) => !facts.columns.includes(name))
  if (unknown.length > 0) {
    throw new CornermanError('TABLE_UNKNOWN', `${title} has no column ${unknown.join(', ')}`, {
      hint: `its columns: ${facts.columns.join(', ')}`,
    })
  }
  const payload = [...new Set([...facts.primaryKey, ...(options.columns ?? [])])]
  const taken = payload.filter((column) => reserved.includes(column))
  if (taken.length > 0) {
    const message = `the column ${taken.join(', ')} of ${title} would hide what the payload says under that name`
    throw new CornermanError('TABLE_UNKNOWN', message, {
      hint: 'leave it out, or write the trigger by hand and name it otherwise in the payload',
    })
  }
  return triggerSql(facts, options.aggregateType ?? facts.table, payload)
}

/** What the payload bears beside columns. */
const reserved = ['type', 'previous']

function triggerSql(facts: TableFacts, aggregateType: string, payload: readonly string[]): string {
  const table = `${identifier(facts.schema)}.${identifier(facts.table)}`
  const trigger = `cornerman.${identifier(functionName(facts))}`
  const fields = (row: 'old' | 'new') =>
    payload.map((column) => `${literal(column)}, ${row}.${identifier(column)}::text`).join(', ')
  const id = (row: 'old' | 'new') =>
    facts.primaryKey.map((column) => `${row}.${identifier(column)}::text`).join(` || ',' || `)
  const event = pascalCase(facts.table)
  const insert = (row: 'old' | 'new', type: string, more = '') =>
    `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload)
    values (${literal(aggregateType)}, ${id(row)}, ${literal(type)}, jsonb_build_object('type', ${literal(type)}, ${fields(row)}${more}));`
  return `-- Appends ${event}Inserted, ${event}Updated and ${event}Deleted to the outbox, in the writer's own transaction.
-- TRUNCATE fires no such trigger: refresh the projections after one.
create or replace function ${trigger}() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp ${printing} as $cornerman$
begin
  if tg_op = 'DELETE' then
    ${insert('old', `${event}Deleted`)}
  elsif tg_op = 'INSERT' then
    ${insert('new', `${event}Inserted`)}
  else
    ${insert('new', `${event}Updated`, `, 'previous', jsonb_build_object(${fields('old')})`)}
  end if;
  return null;
end $cornerman$;

create or replace trigger cornerman_outbox after insert or update or delete on ${table}
for each row execute function ${trigger}();
`
}

/** The settings on which the text of a key depends, as the toolkit's own sessions have them. */
const printing =
  "set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'postgres' set extra_float_digits = '1' set bytea_output = 'hex'"

/** One function for each table, also when two schemas have one of the same name. PostgreSQL would cut longer names. */
function functionName({ schema, table }: TableFacts): string {
  const name = `${schema}.${table}`
  return Buffer.byteLength(name) < 64 ? name : `trigger_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
}

/** The table of that name: as it is written, as PostgreSQL quotes it, or in the small letters that it makes of it. */
async function tableFacts(db: Queryable, name: string): Promise<TableFacts> {
  const { rows } = await db.query<TableFacts>(
    `select n.nspname::text as schema, c.relname::text as table,
       array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
       array(select a.attname::text from pg_index i cross join lateral unnest(i.indkey) with ordinality as k(attnum, place)
             join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
             where i.indrelid = c.oid and i.indisprimary and k.place <= i.indnkeyatts order by k.place) as "primaryKey"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     cross join lateral (select array[format('%s.%s', n.nspname, c.relname), format('%I.%I', n.nspname, c.relname)]
       || case when pg_table_is_visible(c.oid) then array[c.relname::text, quote_ident(c.relname)] end) as known(names)
     where c.relkind in ('r', 'p') and ($1 = any(known.names) or lower($1) = any(known.names))
     order by $1 = any(known.names) desc limit 1`,
    [name],
  )
  const facts = rows[0]
  if (facts === undefined) {
    throw new CornermanError('TABLE_UNKNOWN', `there is no table ${name}`, {
      hint: 'name it with its schema: public.orders',
    })
  }
  if (facts.primaryKey.length === 0) {
    throw new CornermanError('TABLE_UNKNOWN', `the table ${facts.schema}.${facts.table} has no primary key`, {
      hint: 'an event names a row by its primary key: add one',
    })
  }
  return facts
}

/** `order_lines` and `Order Lines` → `OrderLines`. */
function pascalCase(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  return words.length === 0 ? 'Row' : words.map((word) => word.replace(/^./u, (first) => first.toUpperCase())).join('')
}
