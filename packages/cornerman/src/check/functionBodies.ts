import type { Connection } from '../database.ts'

/** A function that a query calls, and what is wrong with that. */
export interface CalledFunction {
  readonly name: string
  /** Made by a user, not by PostgreSQL. */
  readonly isOwn: boolean
  /** The type of its first argument, as PostgreSQL writes it; empty without one. */
  readonly firstArgument: string
  readonly reason: 'steady' | 'time' | 'volatile'
  /** The way to what is wrong, if it lies deeper: `, which calls score(), which calls now()`. */
  readonly through: string
}

interface FunctionRow {
  oid: number
  name: string
  arguments: number
  firstArgument: string
  volatile: boolean
  isOwn: boolean
  body: string
}

/** Stable functions of PostgreSQL whose result is no function of rows. */
const ofTimeOrSession = [
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'current_setting',
  'current_database',
  'current_schema',
  'current_schemas',
  'current_query',
  'pg_backend_pid',
  'pg_conf_load_time',
  'pg_postmaster_start_time',
  'pg_current_snapshot',
  'pg_current_xact_id',
  'pg_current_xact_id_if_assigned',
  'pg_is_in_recovery',
  'inet_client_addr',
  'inet_client_port',
  'inet_server_addr',
  'txid_current',
  'txid_current_if_assigned',
  'txid_current_snapshot',
  'version',
]

/** The same as words in the text of a function; those of chance too, which a stable function should not call. */
const callsInBody = new RegExp(
  String.raw`\b(?:(${[...ofTimeOrSession, 'clock_timestamp', 'timeofday', 'random', 'gen_random_uuid'].join('|')})\s*\(|(current_(?:date|time|timestamp|user|role)|localtime|localtimestamp|session_user)\b|(age)\s*\([^(),]*\))`,
  'i',
)

const moment = String.raw`'\s*(now|today|tomorrow|yesterday)\s*'`
const castToTime = new RegExp(
  String.raw`${moment}\s*::\s*(?:date|time)|\b(?:date|time|timestamp|timestamptz)\s+${moment}`,
  'i',
)

/** `'now'::timestamptz`: no call, but a constant that the parser makes at every run. */
export function timeWords(query: string): string[] {
  const found = castToTime.exec(withoutComments(query))
  return found === null ? [] : [found[0]]
}

const withoutComments = (text: string) => text.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')

export async function functionsCalled(connection: Connection, oids: readonly number[]): Promise<CalledFunction[]> {
  if (oids.length === 0) return []
  const called = await functionRows(connection, 'p.oid = any($1::oid[])', [[...new Set(oids)]])
  // What functions of users call is only known by the names in their texts.
  const own = called.some(({ isOwn }) => isOwn)
    ? await functionRows(connection, `${isOwn} and l.lanname <> 'c'`, [])
    : []
  return called.map(({ name, firstArgument, isOwn, ...each }) => ({
    name,
    firstArgument,
    isOwn,
    ...judge({ name, firstArgument, isOwn, ...each }, own, new Set()),
  }))
}

const isOwn = `n.nspname not in ('pg_catalog', 'information_schema')`

async function functionRows(connection: Connection, condition: string, values: unknown[]): Promise<FunctionRow[]> {
  const { rows } = await connection.query<FunctionRow>(
    `select p.oid::int8 as oid, p.proname::text as name, p.pronargs::int as arguments, p.provolatile = 'v' as volatile, ${isOwn} as "isOwn",
       coalesce(format_type(p.proargtypes[0], null), '') as "firstArgument",
       case when l.lanname in ('sql', 'plpgsql') then coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) else '' end as body
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang where ${condition} order by 2, 1`,
    values,
  )
  return rows
}

type Judgement = Pick<CalledFunction, 'reason' | 'through'>

const steady: Judgement = { reason: 'steady', through: '' }

/** Follows what a user's function calls, down to the first thing that is wrong. */
function judge(each: FunctionRow, own: readonly FunctionRow[], seen: Set<number>): Judgement {
  if (!each.isOwn && isOfTime(each)) return { reason: 'time', through: '' }
  if (each.volatile) return { reason: 'volatile', through: '' }
  if (!each.isOwn || seen.has(each.oid)) return steady
  seen.add(each.oid)
  const body = withoutComments(each.body)
  const match = callsInBody.exec(body)
  const direct = match?.[1] ?? match?.[3]
  if (direct !== undefined) return { reason: 'time', through: `, which calls ${direct}()` }
  const word = match?.[2] ?? timeWords(body)[0]
  if (word !== undefined) return { reason: 'time', through: `, which calls ${word}` }
  for (const other of own.filter(({ oid, name }) => oid !== each.oid && callsByName(body, name))) {
    const found = judge(other, own, seen)
    if (found.reason !== 'steady')
      return { reason: found.reason, through: `, which calls ${other.name}()${found.through}` }
  }
  return steady
}

const isOfTime = ({ name, arguments: count }: FunctionRow) =>
  ofTimeOrSession.includes(name) || (name === 'age' && count === 1)

/** Whether the text names a function, with a bracket after it. */
function callsByName(body: string, name: string): boolean {
  for (let at = body.indexOf(name); at !== -1; at = body.indexOf(name, at + 1)) {
    const before = body[at - 1] ?? ' '
    if (!/[\w$]/.test(before) && /^"?\s*\(/.test(body.slice(at + name.length, at + name.length + 20))) return true
  }
  return false
}
