import type { Connection } from '../database.ts'
import type { Problem } from '../problem.ts'
import { type Projection, titleOf } from '../projection.ts'
import { bare } from '../sql.ts'
import { faultProblem } from './fault.ts'
import { type CalledFunction, functionsCalled, timeWords } from './functionBodies.ts'
import { emptyKeys, type Shape } from './shape.ts'
import { calledFunctions, hasSample, readTrees, sessionValues, type Tree, unorderedAggregates } from './trees.ts'

/**
 * What makes a document depend on anything but rows: the time, the session, chance, the order in which rows happen to come.
 * PostgreSQL itself says what is called, in the queries and in every view below them.
 */
export async function checkFunctions(
  connection: Connection,
  projection: Projection,
  { keysRun, documentRuns }: Shape,
): Promise<Problem[]> {
  const title = titleOf(projection)
  const { keys, document } = projection
  return [
    ...(keysRun ? await findings(connection, `${title}, keys`, keys, '') : []),
    ...(documentRuns ? await findings(connection, `${title}, document`, document, emptyKeys(projection)) : []),
  ]
}

async function findings(connection: Connection, where: string, query: string, before: string): Promise<Problem[]> {
  try {
    const problems = timeWords(query).map((word) => callProblem(where, word, ''))
    for (const tree of await readTrees(connection, `${before} select * from (${bare(query)}) as q`))
      problems.push(...(await treeProblems(connection, where, tree)))
    return [...new Map(problems.map((each) => [each.message, each])).values()]
  } catch (error) {
    return [faultProblem(where, error, 'cannot be looked through: ')]
  }
}

async function treeProblems(connection: Connection, where: string, tree: Tree): Promise<Problem[]> {
  const inView = tree.view === null ? '' : `, in the view ${tree.view}`
  const called = await functionsCalled(connection, calledFunctions(tree))
  const aggregates = await functionsCalled(connection, unorderedAggregates(tree))
  return [
    ...called.flatMap((each) => functionProblems(where, each, inView)),
    ...sessionValues(tree).map((name) => callProblem(where, name, inView)),
    ...(hasSample(tree) ? [callProblem(where, 'tablesample', inView)] : []),
    ...aggregates.flatMap((each) => orderProblems(where, each, inView)),
  ]
}

function functionProblems(where: string, each: CalledFunction, inView: string): Problem[] {
  if (each.reason === 'steady') return []
  if (each.reason === 'time') return [callProblem(where, `${each.name}()${each.through}`, inView)]
  return [
    {
      where,
      message: `calls the volatile function ${each.name}()${each.through}${inView}`,
      hint: each.isOwn
        ? 'a document depends on rows alone: declare the function stable or immutable, if its result does too'
        : 'a document depends on rows alone: store the value in a row when the row is written',
    },
  ]
}

const callProblem = (where: string, name: string, inView: string): Problem => ({
  where,
  message: `calls ${name}${inView}: the document would change without any event`,
  hint: 'let time enter as a row, and its moving as an event that names the keys',
})

const orderSensitive = [
  'array_agg',
  'string_agg',
  'json_agg',
  'jsonb_agg',
  'json_agg_strict',
  'jsonb_agg_strict',
  'json_object_agg',
  'json_object_agg_strict',
  'xmlagg',
]

const roundsByOrder = ['sum', 'avg', 'stddev', 'stddev_pop', 'stddev_samp', 'variance', 'var_pop', 'var_samp']

function orderProblems(where: string, { name, firstArgument, isOwn }: CalledFunction, inView: string): Problem[] {
  if (isOwn) return []
  if (orderSensitive.includes(name)) {
    const message = `${name}(…) has no order${inView}: the same rows can make another text`
    return [{ where, message, hint: `write ${name}(x order by …), by what is unique` }]
  }
  if (!roundsByOrder.includes(name) || !['real', 'double precision'].includes(firstArgument)) return []
  return [
    {
      where,
      message: `${name}(…) of ${firstArgument} depends on the order of its rows in the last digits${inView}`,
      hint: `write ${name}(x::numeric)`,
      severity: 'warning',
    },
  ]
}
