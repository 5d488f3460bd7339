import { placedByName } from '../config.ts'
import { type OutboxStatus, type ProjectionStatus, readOutboxStatus, readStatus } from '../freshness/status.ts'
import { type CommandOf, type CommonOptions, configOf, type Context, outputOf, withPrimary } from './context.ts'
import { commonOptions, examples } from './options.ts'
import { count, duration, table, time } from './output.ts'
import { Stores } from './stores.ts'

interface StatusOptions extends CommonOptions {
  exitCode?: boolean
}

export const statusCommand: CommandOf = (program, context) => {
  commonOptions(program.command('status'))
    .argument('[projection...]', 'only these; all, if left out')
    .summary('show how fresh each read model is, and what is parked')
    .description(
      'Show how fresh each read model is, read back from its store; what its projector does or waits for; and what is parked, with the reason.',
    )
    .option('--exit-code', 'exit with 1 unless all are FRESH')
    .addHelpText(
      'after',
      `${examples('cornerman status', 'cornerman status rankings --json', 'cornerman status --exit-code && deploy')}\n${states}`,
    )
    .action((names: string[], options: StatusOptions) => run(context, names, options))
}

const states = `
States:
  FRESH     within its SLA
  STALE     older than its SLA
  DEGRADED  within its SLA, but some keys are parked
  BUILDING  its first generation is not built yet
  LOST      the store or the primary has lost something: all keys are being refreshed
  UNKNOWN   nobody can say how old it is`

async function run(context: Context, names: string[], options: StatusOptions): Promise<void> {
  const output = outputOf(context, options)
  const placed = [...placedByName(await configOf(context, options), context.env, names).values()].flat()
  const stores = new Stores(context)
  try {
    const { outbox, projections } = await withPrimary(context, async (connection) => {
      const statuses: ProjectionStatus[] = []
      for (const each of placed)
        statuses.push(await readStatus(connection, each, () => stores.connect(each.declaration.adapter)))
      return { outbox: await readOutboxStatus(connection), projections: statuses }
    })
    output.line(overview(projections))
    for (const status of projections) for (const line of details(status)) output.line(line)
    output.line(`\n${outboxLine(outbox)}`)
    output.result({ outbox, projections })
    if (options.exitCode === true && projections.some(({ state }) => state !== 'FRESH')) context.exit.code = 1
  } finally {
    await stores.close()
  }
}

function overview(projections: readonly ProjectionStatus[]): string {
  const rows = projections.map((each) => [
    `${each.projection} v${each.version}`,
    each.store,
    each.state,
    each.stalenessMs === null ? '?' : duration(each.stalenessMs),
    each.behind === null ? '?' : String(each.behind),
    each.generations.map(({ number, state }) => `g${number} ${state}`).join(', ') || 'none',
    each.active === null ? 'no projector' : each.active.holder,
  ])
  return table([['PROJECTION', 'STORE', 'STATE', 'STALENESS', 'BEHIND', 'GENERATIONS', 'PROJECTOR'], ...rows])
}

/** A projector renews its lease several times in this time. */
const silentAfterMs = 5_000

function details(status: ProjectionStatus): string[] {
  const lines = [...activity(status), ...troubles(status), ...parkedLines(status)]
  return lines.length === 0 ? [] : [`\n${status.projection} v${status.version}`, ...lines.map((line) => `  ${line}`)]
}

function activity({ active, generations, projection, fanOuts, openPositions }: ProjectionStatus): string[] {
  const lines: string[] = []
  if (active === null)
    lines.push(
      generations.length === 0 ? 'not built yet: the first projector builds it' : 'no projector is active',
      `Try: cornerman project ${projection}`,
    )
  else if (active.renewedMsAgo > silentAfterMs)
    lines.push(`the active projector has given no sign for ${duration(active.renewedMsAgo)}: another one takes over`)
  lines.push(...fanOuts.map(({ reason, doneKeys }) => `refreshing (${reason}): ${count(doneKeys, 'key')} so far`))
  if (openPositions > 0) lines.push(`${count(openPositions, 'outbox position')} not visible yet: a transaction is open`)
  return lines
}

function troubles({ storeFault, lost, trouble, generations }: ProjectionStatus): string[] {
  const lines: string[] = []
  if (storeFault !== null) lines.push(`the store could not be asked: ${storeFault}`)
  if (lost !== null) lines.push(`LOST: ${lost}`, 'all keys are refreshed from the primary; nothing is to be done')
  if (trouble !== null) lines.push(`the projector waits since ${time(trouble.since)}: ${trouble.reason}`)
  // A process of an older version of the toolkit has left none.
  if (typeof trouble?.hint === 'string') lines.push(`Try: ${trouble.hint}`)
  for (const { number, broken } of generations)
    if (broken !== null) lines.push(`generation ${number} is broken, and fed no longer: ${broken}`)
  return lines
}

function parkedLines({ projection, parkedKeys, parkedEvents, parked }: ProjectionStatus): string[] {
  if (parkedKeys + parkedEvents === 0) return []
  const rest = parkedKeys + parkedEvents - parked.length
  return [
    `parked: ${[parkedKeys > 0 ? count(parkedKeys, 'key') : '', parkedEvents > 0 ? count(parkedEvents, 'event') : ''].filter(Boolean).join(', ')}`,
    ...parked.flatMap((each) => [
      `  ${each.name}`,
      `    ${each.code}: ${each.reason}`,
      `    parked ${time(each.parkedAt)}, tried ${each.attempts === 1 ? 'once' : `${each.attempts} times`}`,
    ]),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
    `Try: mend the cause, then cornerman retry ${projection}`,
  ]
}

function outboxLine({ end, rowsAbout, bytes, oldestTransaction }: OutboxStatus): string {
  // Nothing is known of the rows before the first statistics.
  const rows = rowsAbout > 0 ? `, about ${rowsAbout} rows` : ''
  const held =
    oldestTransaction === null
      ? ''
      : `\noldest transaction: open for ${duration(oldestTransaction.ageMs)}, pid ${oldestTransaction.pid}${oldestTransaction.application === '' ? '' : ` (${oldestTransaction.application})`}`
  return `outbox: ends at position ${end}${rows}, ${(bytes / 1e6).toFixed(1)} MB${held}`
}
