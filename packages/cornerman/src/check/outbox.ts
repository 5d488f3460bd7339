import type { Connection } from '../database.ts'
import type { Problem } from '../problem.ts'
import { faultProblem } from './fault.ts'

const where = 'cornerman.outbox'

/** What the gap rule rests on: the default that takes a transaction id first, and a sequence that caches nothing. */
export async function checkOutbox(connection: Connection): Promise<Problem[]> {
  try {
    const { rows } = await connection.query<{ expression: string | null; cache: number }>(`
      select (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
              where d.adrelid = 'cornerman.outbox'::regclass and a.attname = 'position') as expression,
        (select seqcache::float8 from pg_sequence where seqrelid = 'cornerman.outbox_position'::regclass) as cache`)
    return [...defaultProblems(rows[0]!.expression), ...cacheProblems(rows[0]!.cache)]
  } catch (error) {
    return [faultProblem(where, error, 'cannot be checked: ')]
  }
}

// The order decides: CASE evaluates its condition before its result.
const sound = /^\s*CASE\s+WHEN \(pg_current_xact_id\(\) IS NULL\) THEN NULL::bigint\s+ELSE nextval\(/

function defaultProblems(expression: string | null): Problem[] {
  if (sound.test(expression ?? '')) return []
  return [
    {
      where,
      message: 'the default of position does not take a transaction id first: readers could skip rows',
      hint: 'put back the default that `cornerman migrate --sql` shows',
    },
  ]
}

function cacheProblems(cache: number): Problem[] {
  if (cache === 1) return []
  return [
    {
      where,
      message: `the sequence outbox_position caches ${cache} values: positions would be handed out long before they are used`,
      hint: 'alter sequence cornerman.outbox_position cache 1',
    },
  ]
}
