import { check } from '../check/check.ts'
import { planText } from '../check/plan.ts'
import { type PlacedProjection, placedByName } from '../config.ts'
import type { Problem } from '../problem.ts'
import { titleOf } from '../projection.ts'
import { type CommandOf, type CommonOptions, configOf, type Context, outputOf, withPrimary } from './context.ts'
import { commonOptions, examples } from './options.ts'
import { count } from './output.ts'

interface CheckOptions extends CommonOptions {
  plan?: boolean
}

export const checkCommand: CommandOf = (program, context) => {
  commonOptions(program.command('check'))
    .argument('[projection...]', 'only these; all, if left out')
    .summary('find what is wrong with the projections, all of it at once')
    .description(
      'Find what is wrong with the projections, all of it at once: queries that do not fit the database, keys that can be null, documents that depend on more than rows. Changes nothing. Exits with 1 when it finds an error; warnings do not count.',
    )
    .option('--plan', 'also print the plan by which the document of one key is read')
    .addHelpText('after', examples('cornerman check', 'cornerman check rankings --plan'))
    .action((names: string[], options: CheckOptions) => run(context, names, options))
}

async function run(context: Context, names: string[], options: CheckOptions): Promise<void> {
  const output = outputOf(context, options)
  const config = await configOf(context, options)
  const placed = [...placedByName(config, context.env, names).values()].flat()
  const { problems, plans } = await withPrimary(context, async (connection, url) => {
    const found = await check({ url, placed, events: config.events, thorough: true })
    const texts: Record<string, string> = {}
    if (options.plan === true)
      for (const { projection } of placed) texts[titleOf(projection)] = await planText(connection, projection)
    return { problems: found, plans: texts }
  })
  for (const [title, plan] of Object.entries(plans)) output.line(`${title}, the plan for one key:\n${plan}\n`)
  for (const problem of problems) output.line(problemLines(problem))
  output.line(closing(problems, placed))
  output.result({
    problems: problems.map((problem) => ({ severity: 'error', ...problem })),
    ...(options.plan === true ? { plans } : {}),
  })
  if (problems.some(isError)) context.exit.code = 1
}

const isError = ({ severity }: Problem) => severity !== 'warning'

function problemLines(problem: Problem): string {
  const [label, indent] = isError(problem) ? ['error    ', ' '.repeat(9)] : ['warning  ', ' '.repeat(9)]
  const hint = problem.hint === undefined ? '' : `\n${indent}Try: ${problem.hint}`
  return `${label}${problem.where}: ${problem.message}${hint}`
}

function closing(problems: readonly Problem[], placed: readonly PlacedProjection[]): string {
  const titles = placed.map(({ projection }) => titleOf(projection)).join(', ')
  if (problems.length === 0) return `checked ${titles}: nothing found`
  const errors = problems.filter(isError).length
  return `\nchecked ${titles}: ${count(errors, 'error')}, ${count(problems.length - errors, 'warning')}`
}
