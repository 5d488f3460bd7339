import type { Connection } from '../database.ts'

/** The parsed form of a query, or of a view below it, as PostgreSQL keeps it. */
export interface Tree {
  /** The view; `null` for the query itself. */
  readonly view: string | null
  readonly text: string
}

/**
 * The parsed form of a query and of every view below it. PostgreSQL parses it: it becomes a temporary view, which is rolled
 * back. A materialized view is not looked into: what it says changes only when it is refreshed.
 */
export async function readTrees(connection: Connection, query: string): Promise<Tree[]> {
  await connection.query('begin')
  try {
    await connection.query(`create temporary view cornerman_check as ${query}`)
    return (await connection.query<Tree>(treesStatement)).rows
  } finally {
    await connection.query('rollback')
  }
}

const treesStatement = `
with recursive views(oid) as (
  select 'pg_temp.cornerman_check'::regclass::oid
  union
  select d.refobjid from views v join pg_rewrite r on r.ev_class = v.oid
  join pg_depend d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid <> v.oid
  join pg_class c on c.oid = d.refobjid and c.relkind = 'v'
)
select case when c.oid <> 'pg_temp.cornerman_check'::regclass then n.nspname || '.' || c.relname end as view, r.ev_action::text as text
from views join pg_rewrite r on r.ev_class = views.oid join pg_class c on c.oid = views.oid join pg_namespace n on n.oid = c.relnamespace
order by 1 nulls first`

/** The functions that are called, operators' included, by their numbers. */
export function calledFunctions({ text }: Tree): number[] {
  return [...text.matchAll(/:(?:funcid|opfuncid) (\d+)/g)].map((match) => Number(match[1]))
}

/** The aggregates without an order of their own. DISTINCT sorts. */
export function unorderedAggregates({ text }: Tree): number[] {
  return [...text.matchAll(/\{AGGREF :aggfnoid (\d+)/g)].flatMap((match) =>
    [':aggorder ', ':aggdistinct '].every((field) => ownField(text, match.index, field).startsWith('<>'))
      ? [Number(match[1])]
      : [],
  )
}

/** `current_date` and the like, which the grammar knows without any function. */
export function sessionValues({ text }: Tree): string[] {
  const numbers = [...text.matchAll(/\{SQLVALUEFUNCTION :op (\d+)/g)].map((match) => Number(match[1]))
  return [...new Set(numbers)].map((number) => sqlValueFunctions[number] ?? 'a value of the session')
}

/** In the order of SQLValueFunctionOp in primnodes.h; those with a precision count twice. */
const sqlValueFunctions = [
  'current_date',
  'current_time',
  'current_time',
  'current_timestamp',
  'current_timestamp',
  'localtime',
  'localtime',
  'localtimestamp',
  'localtimestamp',
  'current_role',
  'current_user',
  'user',
  'session_user',
  'current_catalog',
  'current_schema',
]

export const hasSample = ({ text }: Tree): boolean => text.includes('{TABLESAMPLECLAUSE ')

/** What follows a field of the node that begins at `start`, nested nodes passed over. Special characters are escaped by \. */
function ownField(tree: string, start: number, field: string): string {
  let depth = 0
  for (let i = start; i < tree.length; i++) {
    const character = tree[i]
    if (character === '\\') i++
    else if (character === '{') depth++
    else if (character === '}' && --depth === 0) break
    else if (depth === 1 && tree.startsWith(field, i)) return tree.slice(i + field.length, i + field.length + 20)
  }
  return ''
}
