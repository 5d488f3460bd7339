import type { Queryable } from '../database.ts'
import type { AnyEvent, EventMapping, Projection } from '../projection.ts'
import { columnList, identifier, isSql, renderSql, type Sql } from '../sql.ts'

/** A query as its author wrote it, fit to stand in brackets. */
const inner = (text: string) => text.trim().replace(/;+$/, '')

const keyTexts = ({ keyColumns }: Projection, prefix: string) =>
  keyColumns.map((name) => `${prefix}${identifier(name)}::text`).join(', ')

/**
 * `document` for a batch of keys, `$1 … $n` being an array for each column of the key. One condition per column, so that the
 * planner reaches the indexes below the keys query, even under a DISTINCT or a window; then the exact pairs.
 */
export function documentStatement(projection: Projection): string {
  const { key, keyColumns, keys, document } = projection
  const arrays = keyColumns.map((name, i) => `$${i + 1}::${key[name]}[]`)
  const perColumn = keyColumns.map((name, i) => `k.${identifier(name)} = any(${arrays[i]})`).join(' and ')
  const pairs =
    keyColumns.length === 1
      ? ''
      : ` and (${columnList(keyColumns, 'k.')}) in (select * from unnest(${arrays.join(', ')}))`
  return `with keys as (
  select distinct ${columnList(keyColumns, 'k.')} from (${inner(keys)}) as k
  where ${perColumn}${pairs}
)
select array[${keyTexts(projection, 'd.')}] as key, d.document::text as document from (${inner(document)}) as d`
}

/** The keys of the domain in their own order: `$1` the most of them, the rest the key after which to go on. */
export function domainStatement(projection: Projection, { after }: { after: boolean }): string {
  return orderedKeys(projection, inner(projection.keys), { after, firstParameter: 1 })
}

function orderedKeys(
  projection: Projection,
  query: string,
  { after, firstParameter }: { after: boolean; firstParameter: number },
): string {
  const { key, keyColumns } = projection
  const last = keyColumns.map((name, i) => `$${firstParameter + 1 + i}::text::${key[name]}`).join(', ')
  return `select distinct on (${columnList(keyColumns, 'k.')}) array[${keyTexts(projection, 'k.')}] as key from (${query}) as k
where ${keyColumns.map((name) => `k.${identifier(name)} is not null`).join(' and ')}${after ? ` and (${columnList(keyColumns, 'k.')}) > (${last})` : ''}
order by ${columnList(keyColumns, 'k.')} limit $${firstParameter}`
}

/** A mapping by query, ready to be run for many events at once. */
export interface CompiledMapping {
  readonly of: EventMapping
  /** The values that an event gives to the query, as text; throws what the author's functions throw. */
  readonly argumentsOf: (event: AnyEvent) => (string | null)[]
  /** `place` and `key` for events whose arguments are given as one text array per parameter; then the most keys per event. */
  readonly forEvents: string
  /** The keys for one event in key order: arguments first, then the most of them, then the key after which to go on. */
  readonly forOne: (options: { after: boolean }) => string
}

/** Compiles a mapping by query; PostgreSQL infers the types of its parameters. */
async function compileMapping(db: Queryable, projection: Projection, of: EventMapping): Promise<CompiledMapping> {
  const piece = of.mapping as Sql<AnyEvent>
  const { text, parameters } = renderSql(piece, (index) => `$${index + 1}`)
  const types = await parameterTypes(db, inner(text))
  const bound = (name: (index: number) => string) =>
    inner(renderSql(piece, (index) => `(${name(index)}::${types[index]})`).text)
  const arrays = parameters.map((_, i) => `$${i + 1}::text[]`)
  const places =
    parameters.length === 0
      ? 'generate_series(1, 1) as e(place)'
      : `unnest(${arrays.join(', ')}) with ordinality as e(${parameters.map((_, i) => `p${i}`).join(', ')}, place)`
  const found = `select ${columnList(projection.keyColumns, 'q.')} from (${bound((index) => `e.p${index}`)}) as q limit $${parameters.length + 1}`
  return {
    of,
    argumentsOf: (event) =>
      parameters.map((parameter, i) => textOf(parameter(event), `${of.eventType}, value ${i + 1} of the mapping`)),
    forEvents: `select e.place::int as place, array[${keyTexts(projection, 'm.')}] as key from ${places} cross join lateral (${found}) as m`,
    forOne: ({ after }) =>
      orderedKeys(
        projection,
        bound((index) => `$${index + 1}::text`),
        { after, firstParameter: parameters.length + 1 },
      ),
  }
}

export const isQueryMapping = (of: EventMapping): boolean => isSql(of.mapping)

/** All mappings by query of a projection. Needs one connection, not a pool. */
export async function compileMappings(
  db: Queryable,
  projection: Projection,
): Promise<Map<EventMapping, CompiledMapping>> {
  const compiled = new Map<EventMapping, CompiledMapping>()
  for (const mapping of [...projection.mappings.values()].flat().filter(isQueryMapping)) {
    compiled.set(mapping, await compileMapping(db, projection, mapping))
  }
  return compiled
}

/** The types that PostgreSQL infers for `$1, $2, …`; fails as the query itself would. Needs one connection, not a pool. */
export async function parameterTypes(db: Queryable, text: string): Promise<string[]> {
  await db.query(`prepare cornerman_mapping as ${text}`)
  try {
    const { rows } = await db.query<{ types: string[] }>(
      `select parameter_types::text[] as types from pg_prepared_statements where name = 'cornerman_mapping'`,
    )
    return rows[0]!.types
  } finally {
    await db.query('deallocate cornerman_mapping')
  }
}

/** A value of an event as PostgreSQL reads it from text. */
function textOf(value: unknown, what: string): string | null {
  if (value === undefined) throw new TypeError(`${what} is undefined`)
  if (value === null) return null
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return `{${value.map((each) => arrayElement(textOf(each, what))).join(',')}}`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const arrayElement = (text: string | null) =>
  text === null ? 'NULL' : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
