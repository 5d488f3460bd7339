import type { PlacedProjection } from '../config.ts'
import type { Connection } from '../database.ts'
import { readGenerations } from '../generations/catalog.ts'
import { type Inputs, readInputs } from '../generations/inputs.ts'
import type { Problem } from '../problem.ts'
import { definitionHash, type Projection, titleOf } from '../projection.ts'
import { faultProblem } from './fault.ts'

/** Whether definition and views are still what the projection's generations were built from. */
export async function checkCatalog(
  connection: Connection,
  { projection, declaration }: PlacedProjection,
  parses: boolean,
): Promise<Problem[]> {
  const where = titleOf(projection)
  const store = declaration.adapter.kind
  const generations = (await readGenerations(connection, projection.name, store)).filter(
    (each) => each.version === projection.version,
  )
  const hash = definitionHash(projection, declaration)
  const problems: Problem[] = generations
    .filter((each) => each.definitionHash !== hash)
    .map(({ number }) => ({
      where,
      message: `key, keys, document or the store's shape have changed since generation ${number} was built`,
      hint: `raise the version to ${projection.version + 1}: it is built beside this one`,
    }))
  return parses ? [...problems, ...(await viewProblems(connection, projection, store))] : problems
}

/** Versions that are fed and are not in the configuration: a projector that meets one stands by. */
export async function strayVersions(connection: Connection, placed: readonly PlacedProjection[]): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const [name, versions] of Map.groupBy(placed, ({ projection }) => projection.name)) {
    const known = versions.map(({ projection }) => projection.version)
    const generations = await readGenerations(connection, name, versions[0]!.declaration.adapter.kind)
    const strays = [...new Set(generations.map(({ version }) => version))].filter((version) => !known.includes(version))
    if (strays.length > 0)
      problems.push({
        where: name,
        message: `it has a generation of version ${strays.join(', ')}, which is not in the configuration: projectors stand by`,
        hint: 'put that version beside the others, or retire it when no reader is left on it',
        // While new code is rolled out the old one says so, and that is all right.
        severity: 'warning',
      })
  }
  return problems
}

async function viewProblems(connection: Connection, projection: Projection, store: string): Promise<Problem[]> {
  const where = titleOf(projection)
  try {
    return changedViews(
      where,
      await readInputs(connection, projection),
      await builtInputs(connection, projection, store),
    )
  } catch (error) {
    return [faultProblem(where, error, 'its views cannot be looked through: ')]
  }
}

async function builtInputs(connection: Connection, { name, version }: Projection, store: string): Promise<Inputs> {
  const { rows } = await connection.query<{ inputs: Inputs }>(
    `select inputs from cornerman.generations where projection = $1 and store = $2 and version = $3 and state = 'live'`,
    [name, store, version],
  )
  return rows[0]?.inputs ?? {}
}

function changedViews(where: string, now: Inputs, built: Inputs): Problem[] {
  return Object.keys(built)
    .filter((view) => now[view] !== built[view])
    .map((view) => ({
      where,
      message: `the view ${view} has ${view in now ? 'changed' : 'gone'} since the live generation was built`,
      hint: 'the projector refreshes all keys at its next start; `cornerman refresh` does it now',
      severity: 'warning',
    }))
}
