import type { PlacedProjection } from '../config.ts'
import { connect, type Connection } from '../database.ts'
import type { Problem } from '../problem.ts'
import { type Projection, titleOf } from '../projection.ts'
import { didYouMean } from '../options.ts'
import { checkCatalog, strayVersions } from './catalog.ts'
import { checkContent } from './content.ts'
import { checkFunctions } from './functions.ts'
import { checkOutbox } from './outbox.ts'
import { checkShape } from './shape.ts'

export interface CheckOptions {
  /** The primary. */
  url: string
  placed: readonly PlacedProjection[]
  /** All event types of the application; without them misspelt types are looked for among those in the outbox. */
  events?: readonly string[] | undefined
  /** Also reads documents: unstable ones, ambiguous keys, slow plans. `project` leaves that out at its start. */
  thorough: boolean
}

/** Everything that is wrong with the projections and can be seen with a database: all problems at once. */
export async function check(options: CheckOptions): Promise<Problem[]> {
  const connection = await connect({ url: options.url, applicationName: 'cornerman check', statementTimeoutMs: 20_000 })
  try {
    const problems = [...(await checkOutbox(connection)), ...(await strayVersions(connection, options.placed))]
    const types = options.events ?? (await typesInOutbox(connection))
    for (const placed of options.placed) {
      problems.push(...eventTypeProblems(placed.projection, types, options.events !== undefined))
      problems.push(...(await checkProjection(connection, placed, options)))
    }
    return problems
  } finally {
    await connection.end()
  }
}

async function checkProjection(
  connection: Connection,
  placed: PlacedProjection,
  { thorough }: CheckOptions,
): Promise<Problem[]> {
  const { projection } = placed
  const shape = await checkShape(connection, projection)
  const runs = shape.keysRun && shape.documentRuns
  return [
    ...shape.problems,
    ...(await checkCatalog(connection, placed, runs)),
    ...(await checkFunctions(connection, projection, shape)),
    ...(thorough && shape.keysRun ? await checkContent(connection, projection, shape.documentRuns) : []),
  ]
}

/** The most recent types, where the application does not list its own. */
async function typesInOutbox(connection: Connection): Promise<string[]> {
  const { rows } = await connection.query<{ type: string }>(
    'select distinct type from (select type from cornerman.outbox order by position desc limit 10000) as recent',
  )
  return rows.map((row) => row.type)
}

function eventTypeProblems(projection: Projection, types: readonly string[], complete: boolean): Problem[] {
  return [...projection.mappings.keys()]
    .filter((type) => !types.includes(type))
    .flatMap((type): Problem[] => {
      const meant = didYouMean(type, types)
      if (!complete && meant === undefined) return []
      return [
        {
          where: `${titleOf(projection)}, on.${type}`,
          message: `no event of type ${type} is known`,
          hint:
            meant === undefined
              ? `known: ${types.join(', ')}; list new ones under events in the configuration`
              : `did you mean ${meant}?`,
          ...(complete ? {} : { severity: 'warning' as const }),
        },
      ]
    })
}
