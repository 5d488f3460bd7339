import { pause } from '../backoff.ts'
import { check } from '../check/check.ts'
import { type Config, databaseUrl, type PlacedProjection, placedByName, refuseUnconfigured } from '../config.ts'
import { CornermanError, hasCode, messageOf } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { refuseProblems } from '../problem.ts'
import { titleOf } from '../projection.ts'
import { runProjectors } from '../projector/projector.ts'
import { caughtUp } from './caughtUp.ts'
import { type CommandOf, type CommonOptions, configOf, type Context, outputOf, withPrimary } from './context.ts'
import { interrupted } from './fault.ts'
import { logOf } from './log.ts'
import { commonOptions, examples } from './options.ts'
import { Stores } from './stores.ts'

interface ProjectOptions extends CommonOptions {
  once?: boolean
}

export const projectCommand: CommandOf = (program, context) => {
  commonOptions(program.command('project'))
    .argument('[projection...]', 'only these; all, if left out')
    .summary('run the projectors')
    .description(
      'Run the projectors, until Ctrl-C. Start as many processes as you like: one is active for each projection, the others stand by. The first start builds the read models. The definitions are checked first; a database that is away is waited for.',
    )
    .option('--once', 'stop as soon as the read models reflect all that is committed now')
    .addHelpText(
      'after',
      `${examples('cornerman project', 'cornerman project rankings', 'cornerman project --once')}\n\nLOG_LEVEL sets what is logged, on standard error: debug, info (default), warn, error, silent.`,
    )
    .action((names: string[], options: ProjectOptions) => run(context, names, options))
}

async function run(context: Context, names: string[], options: ProjectOptions): Promise<void> {
  const config = await configOf(context, options)
  const byName = placedByName(config, context.env, names)
  const placed = [...byName.values()].flat()
  databaseUrl(context.env)
  refuseUnconfigured(new Set(placed.map(({ declaration }) => declaration.adapter)), context.env)
  const logger = logOf(context)
  await refuseUntilSound(context, config, placed, logger)
  if (context.signal.aborted) return
  const done = new AbortController()
  const signal = AbortSignal.any([context.signal, done.signal])
  const running = runProjectors({ config, env: context.env, logger, signal, names: [...byName.keys()] })
  if (options.once !== true) {
    await running
    return logger.info({}, 'stopped')
  }
  try {
    const { position } = await Promise.race([caughtUp(context, placed), ended(context, running)])
    const titles = placed.map(({ projection }) => titleOf(projection))
    const output = outputOf(context, options)
    output.line(`${titles.join(', ')}: up to date with position ${position} of the outbox`)
    output.result({ position, projections: titles })
  } finally {
    done.abort(new Error('caught up'))
    await running.catch(() => undefined)
  }
}

/** Projectors end by an interrupt, or with a fault. */
async function ended({ signal }: Context, running: Promise<void>): Promise<never> {
  await running
  throw signal.aborted ? interrupted() : new Error('the projectors have ended by themselves')
}

/** Checks the definitions before anything runs. A database that is away is waited for: services start in any order. */
async function refuseUntilSound(
  context: Context,
  config: Config,
  placed: readonly PlacedProjection[],
  logger: Logger,
): Promise<void> {
  let told: string | undefined
  while (!context.signal.aborted) {
    try {
      const problems = await withPrimary(context, (_, url) =>
        check({ url, placed, events: config.events, thorough: false }),
      )
      const isWarning = ({ severity }: (typeof problems)[number]) => severity === 'warning'
      for (const { where, message, hint } of problems.filter(isWarning)) logger.warn({ hint }, `${where}: ${message}`)
      refuseProblems(
        'PROJECTION_INVALID',
        'the configuration',
        problems.filter((each) => !isWarning(each)),
      )
      return await refuseUnpreparedStores(context, placed)
    } catch (error) {
      if (!hasCode(error, 'DATABASE_UNREACHABLE')) throw error
      const reason = messageOf(error)
      if (reason !== told) logger.warn({ reason, hint: error.hint }, 'waiting for the primary')
      told = reason
      await pause(2_000, context.signal)
    }
  }
}

/** A store that lacks its schema would be tried for ever. One that is away may come: the projector waits for it. */
async function refuseUnpreparedStores(context: Context, placed: readonly PlacedProjection[]): Promise<void> {
  const stores = new Stores(context)
  try {
    for (const { declaration } of placed) {
      await stores.connect(declaration.adapter).catch((error: unknown) => {
        if (!(error instanceof CornermanError && error.retryable)) throw error
      })
    }
  } finally {
    await stores.close()
  }
}
