import { pause } from '../backoff.ts'
import { placedByName } from '../config.ts'
import type { Connection } from '../database.ts'
import { CornermanError } from '../errors.ts'
import { warnWithoutProjector } from './activity.ts'
import { type CommandOf, type CommonOptions, configOf, type Context, outputOf, withPrimary } from './context.ts'
import { interrupted } from './fault.ts'
import { commonOptions, examples, repeated } from './options.ts'
import type { Output } from './output.ts'
import { discard, makeDue, type Parked, readParked } from './parked.ts'

interface RetryOptions extends CommonOptions {
  key?: string[]
  discard?: boolean
}

export const retryCommand: CommandOf = (program, context) => {
  commonOptions(program.command('retry'))
    .argument('<projection>')
    .summary('try parked keys and events again now')
    .description(
      'Try parked keys and events again now, all or some, and say what became of them. The running projector does it. Exits with 1 when some are still parked.',
    )
    .option('--key <key>', 'only this key or event, as `cornerman status` shows it; may be given again', repeated)
    .option('--discard', 'forget those given by --key instead: for what never was a key')
    .addHelpText(
      'after',
      examples(
        'cornerman retry rankings',
        'cornerman retry rankings --key 0c1d…,77aa…',
        "cornerman retry rankings --discard --key 'not-a-uuid, 77aa…'",
      ),
    )
    .action((name: string, options: RetryOptions) => run(context, name, options))
}

async function run(context: Context, name: string, options: RetryOptions): Promise<void> {
  if (options.discard === true && options.key === undefined)
    throw new CornermanError('COMMAND_INVALID', '--discard needs --key: what is forgotten is named', {
      hint: '`cornerman status` shows what is parked',
    })
  const output = outputOf(context, options)
  placedByName(await configOf(context, options), context.env, [name])
  await withPrimary(context, async (connection) => {
    const parked = await readParked(connection, name)
    const chosen = parked.filter((each) => options.key?.some((text) => each.isNamed(text)) ?? true)
    const missing = (options.key ?? []).filter((text) => !parked.some((each) => each.isNamed(text)))
    for (const text of missing) output.line(`${text} is not parked`)
    if (missing.length > 0) context.exit.code = 1
    if (options.discard === true) return forget(connection, name, chosen, output)
    return retry(context, connection, name, chosen, output)
  })
}

async function forget(connection: Connection, name: string, chosen: readonly Parked[], output: Output): Promise<void> {
  await discard(connection, name, chosen)
  if (chosen.length > 0) output.line(`forgot ${chosen.map((each) => each.name).join('; ')}`)
  output.result({ discarded: chosen.map(facts) })
}

async function retry(
  context: Context,
  connection: Connection,
  name: string,
  chosen: readonly Parked[],
  output: Output,
): Promise<void> {
  if (chosen.length === 0) {
    if (context.exit.code === 0) output.line(`nothing of ${name} is parked`)
    return output.result({ retried: 0, written: 0, parked: [] })
  }
  await warnWithoutProjector(connection, name, output)
  await makeDue(connection, name, chosen)
  const left = await tried(connection, name, chosen, context.signal)
  const written = chosen.length - left.length
  output.line(`${written} of ${chosen.length} written${left.length === 0 ? '' : '; still parked:'}`)
  for (const each of left) output.line(`  ${each.name}: ${each.reason}${each.isTried ? '' : ' (not tried yet)'}`)
  output.result({
    retried: chosen.length,
    written,
    parked: left.map((each) => ({ ...facts(each), tried: each.isTried })),
  })
  if (left.length > 0) context.exit.code = 1
}

const facts = ({ what, name, code, reason }: Parked) => ({ what, name, code, reason })

const patienceMs = 10_000
const lookMs = 100

/** Waits until the projector has tried each of them, or for ten seconds without any progress. Returns what is left. */
async function tried(
  connection: Connection,
  name: string,
  chosen: readonly Parked[],
  signal: AbortSignal,
): Promise<(Parked & { isTried: boolean })[]> {
  const before = new Map(chosen.map((each) => [each.id, each.attempts]))
  let waiting = chosen.length
  for (let waitedMs = 0; ; waitedMs += lookMs) {
    if (signal.aborted) throw interrupted('stopped waiting; they are tried as soon as a projector is active')
    const left = (await readParked(connection, name))
      .filter((each) => before.has(each.id))
      .map((each) => ({ ...each, isTried: each.attempts !== before.get(each.id) }))
    const untried = left.filter((each) => !each.isTried).length
    if (untried === 0 || waitedMs >= patienceMs) return left
    if (untried < waiting) waitedMs = 0
    waiting = untried
    await pause(lookMs, signal)
  }
}
