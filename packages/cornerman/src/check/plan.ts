import type { Connection } from '../database.ts'
import type { Key } from '../key.ts'
import type { Problem } from '../problem.ts'
import { type Projection, titleOf } from '../projection.ts'
import { documentStatement } from '../projector/compile.ts'
import { identifier } from '../sql.ts'
import { keyArrays, sampleKeys } from './sample.ts'

/** A table with more rows than this should not be read through for a single key. */
const scanRowsMax = 10_000

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  Schema?: string
  Plans?: PlanNode[]
}

/** Large tables that are read through for a single key. */
export async function planProblems(connection: Connection, projection: Projection, key: Key): Promise<Problem[]> {
  const scanned = [...nodes(await explain(connection, projection, key))].flatMap((node) =>
    node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== undefined
      ? [`${identifier(node.Schema!)}.${identifier(node['Relation Name'])}`]
      : [],
  )
  const { rows } = await connection.query<{ name: string; rows: number }>(
    'select name, c.reltuples::float8 as rows from unnest($1::text[]) as name join pg_class c on c.oid = to_regclass(name) where c.reltuples > $2',
    [[...new Set(scanned)], scanRowsMax],
  )
  return rows.map((row) => ({
    where: `${titleOf(projection)}, document`,
    message: `reads all of ${row.name.replaceAll('"', '')} (about ${Math.round(row.rows)} rows) for a single key`,
    hint: 'add an index on the columns by which the key finds its rows; `cornerman check --plan` shows the plan',
    severity: 'warning',
  }))
}

async function explain(connection: Connection, projection: Projection, key: Key): Promise<PlanNode> {
  const { rows } = await connection.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `explain (verbose, format json) ${documentStatement(projection)}`,
    keyArrays(projection, [key]),
  )
  return rows[0]!['QUERY PLAN'][0].Plan
}

function* nodes(node: PlanNode): Generator<PlanNode> {
  yield node
  for (const child of node.Plans ?? []) yield* nodes(child)
}

/** The plan for one key of the domain, as EXPLAIN prints it. */
export async function planText(connection: Connection, projection: Projection): Promise<string> {
  const [key] = await sampleKeys(connection, projection, 1)
  if (key === undefined) return 'there is no key to plan for: the keys query returns no row'
  const { rows } = await connection.query<{ 'QUERY PLAN': string }>(
    `explain ${documentStatement(projection)}`,
    keyArrays(projection, [key]),
  )
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}
