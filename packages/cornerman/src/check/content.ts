import type { Connection } from '../database.ts'
import { messageOf } from '../errors.ts'
import { type Key, keyString, keyText } from '../key.ts'
import { faultKind, isStatementTimeout } from '../postgresFault.ts'
import type { Problem } from '../problem.ts'
import { type Projection, titleOf } from '../projection.ts'
import { bare, identifier } from '../sql.ts'
import { faultProblem } from './fault.ts'
import { planProblems } from './plan.ts'
import { type DocumentRow, readDocuments, sampleKeys } from './sample.ts'
import { variantProblems } from './variants.ts'

/** Reads keys, and the documents of a few, and says what is wrong with them or with the way to them. */
export async function checkContent(
  connection: Connection,
  projection: Projection,
  documentRuns: boolean,
): Promise<Problem[]> {
  const problems = await nullKeys(connection, projection)
  if (!documentRuns) return problems
  const where = `${titleOf(projection)}, document`
  try {
    const sample = await sampleKeys(connection, projection)
    const { keys, failures } = await readableKeys(connection, projection, sample)
    problems.push(...failures)
    if (keys.length === 0) return problems
    const rows = await readDocuments(connection, projection, keys)
    problems.push(...rowProblems(where, keys, rows))
    problems.push(...(await variantProblems(connection, projection, keys)))
    problems.push(...(await planProblems(connection, projection, keys[0]!)))
  } catch (error) {
    problems.push({ ...faultProblem(where, error, 'cannot be tried: '), severity: 'warning' })
  }
  return problems
}

async function nullKeys(connection: Connection, projection: Projection): Promise<Problem[]> {
  const where = `${titleOf(projection)}, keys`
  const isNull = projection.keyColumns.map((name) => `k.${identifier(name)} is null`)
  try {
    const { rows } = await connection.query<{ nulls: boolean[] }>(
      `select array[${isNull.join(', ')}] as nulls from (${bare(projection.keys)}) as k where ${isNull.join(' or ')} limit 1`,
    )
    const names = projection.keyColumns.filter((_, i) => rows[0]?.nulls[i] === true)
    if (names.length === 0) return []
    const condition = names.map((name) => `${name} is not null`).join(' and ')
    return [
      {
        where,
        message: `returns rows in which ${names.join(' and ')} is null`,
        hint: `leave them out: where ${condition}`,
      },
    ]
  } catch (error) {
    return [{ ...faultProblem(where, error, 'cannot be searched for nulls: '), severity: 'warning' }]
  }
}

/** The keys whose documents can be read, and a word about the first of the others: a projector parks those. */
async function readableKeys(
  connection: Connection,
  projection: Projection,
  sample: readonly Key[],
): Promise<{ keys: Key[]; failures: Problem[] }> {
  const keys: Key[] = []
  const failed: { key: Key; reason: string }[] = []
  const tryAll = async (some: readonly Key[]): Promise<void> => {
    if (some.length === 0) return
    try {
      await readDocuments(connection, projection, some)
      keys.push(...some)
    } catch (error) {
      if (faultKind(error) !== 'data' && !isStatementTimeout(error)) throw error
      if (some.length === 1) failed.push({ key: some[0]!, reason: messageOf(error) })
      else for (const half of halves(some)) await tryAll(half)
    }
  }
  await tryAll(sample)
  return { keys, failures: failed.length === 0 ? [] : [failureProblem(projection, failed, sample.length)] }
}

const halves = <T>(list: readonly T[]): [readonly T[], readonly T[]] => {
  const middle = Math.ceil(list.length / 2)
  return [list.slice(0, middle), list.slice(middle)]
}

function failureProblem(
  projection: Projection,
  failed: readonly { key: Key; reason: string }[],
  tried: number,
): Problem {
  const { key, reason } = failed[0]!
  return {
    where: `${titleOf(projection)}, document`,
    message: `fails for ${failed.length} of the first ${tried} keys; for ${keyText(key)}: ${reason}`,
    hint: 'such keys are parked, the others go on: let the query bear this value, or leave the key out of the keys query',
    severity: 'warning',
  }
}

function rowProblems(where: string, keys: readonly Key[], rows: readonly DocumentRow[]): Problem[] {
  const asked = new Set(keys.map(keyString))
  const names = rows.map(({ key }) => keyString(key))
  const twice = rows.find(({ key }, i) => asked.has(keyString(key)) && names.indexOf(keyString(key)) !== i)
  const unasked = rows.find(({ key }) => !asked.has(keyString(key)))
  const broken = rows.find(({ document }) => document !== null && !isJson(document))
  return [
    ...(twice === undefined
      ? []
      : [
          {
            where,
            message: `returns more than one row for the key ${keyText(twice.key)}`,
            hint: 'one key is one document: aggregate, or join on what is unique',
          },
        ]),
    ...(unasked === undefined
      ? []
      : [
          {
            where,
            message: `returns rows of keys that it was not asked for, such as ${keyText(unasked.key)}`,
            hint: 'begin it with: from keys k join … – else every batch reads all rows',
          },
        ]),
    ...(broken === undefined
      ? []
      : [
          {
            where,
            message: `the text for the key ${keyText(broken.key)} is not JSON`,
            hint: 'build it with jsonb_build_object(…)',
          },
        ]),
  ]
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
