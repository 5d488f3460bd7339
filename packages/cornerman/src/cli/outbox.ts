import { databaseUrl } from '../config.ts'
import { openPool } from '../database.ts'
import { CornermanError } from '../errors.ts'
import { parseDuration } from '../options.ts'
import { pruneOutbox } from '../outbox/partitions.ts'
import { outboxTrigger } from '../outbox/trigger.ts'
import { type CommandOf, type CommonOptions, type Context, outputOf, withPrimary } from './context.ts'
import { examples, jsonOption, repeated } from './options.ts'

interface TriggerOptions extends CommonOptions {
  aggregateType?: string
  column?: string[]
  apply?: boolean
}

interface PruneOptions extends CommonOptions {
  retention: string
  force?: boolean
}

export const outboxCommand: CommandOf = (program, context) => {
  const outbox = program
    .command('outbox')
    .summary('look after the outbox; connect writers that cannot be changed')
    .description('Look after the outbox, and connect writers that cannot be changed.')
    .addHelpText(
      'after',
      examples('cornerman outbox trigger public.orders --apply', 'cornerman outbox prune --retention 1d'),
    )
  jsonOption(outbox.command('trigger'))
    .argument('<table>', 'schema.table')
    .summary('print a trigger that appends an event for each changed row')
    .description(
      'Print a trigger that appends an event for each row of a table that is inserted, updated or deleted: <Table>Inserted, <Table>Updated, <Table>Deleted, with its primary key.',
    )
    .option('--aggregate-type <type>', "the events' aggregate type (default: the table's name)")
    .option(
      '--column <name>',
      'a column that goes into the payload too, such as a foreign key; may be given again',
      repeated,
    )
    .option('--apply', 'run the statements as well')
    .addHelpText(
      'after',
      examples(
        'cornerman outbox trigger public.orders --column customer_id',
        'cornerman outbox trigger public.orders --apply',
      ),
    )
    .action((table: string, options: TriggerOptions) => trigger(context, table, options))
  jsonOption(outbox.command('prune'))
    .summary('drop what is old and has been read by everybody')
    .description(
      'Drop outbox partitions whose rows are all older than the retention and have been read by everybody. Projectors do this by themselves.',
    )
    .option('--retention <duration>', 'how long rows stay at least', '7d')
    .option('--force', 'also drop what has not been read: those read models are LOST and refreshed from the primary')
    .addHelpText('after', examples('cornerman outbox prune --retention 1d'))
    .action((options: PruneOptions) => prune(context, options))
}

async function trigger(context: Context, table: string, options: TriggerOptions): Promise<void> {
  const output = outputOf(context, options)
  await withPrimary(context, async (connection) => {
    const { aggregateType, column, apply = false } = options
    const sql = await outboxTrigger(connection, {
      table,
      ...(aggregateType === undefined ? {} : { aggregateType }),
      ...(column === undefined ? {} : { columns: column }),
    })
    if (apply) await connection.query(sql)
    output.line(sql.trimEnd())
    output.line(apply ? `-- applied to ${table}` : '-- run it with your migrations, or again with --apply')
    output.result({ sql, applied: apply })
  })
}

async function prune(context: Context, { retention, force = false, ...options }: PruneOptions): Promise<void> {
  const output = outputOf(context, options)
  const retentionMs = parseDuration(retention)
  if (retentionMs === undefined)
    throw new CornermanError('COMMAND_INVALID', `expected --retention to be a duration such as 7d, got: ${retention}`, {
      hint: 'cornerman outbox prune --retention 12h',
    })
  await withPrimary(context, async () => undefined)
  const pool = openPool({ url: databaseUrl(context.env), applicationName: 'cornerman', max: 1 })
  try {
    const dropped = await pruneOutbox(pool, { retentionMs, force })
    output.line(dropped.length === 0 ? 'nothing may be dropped' : `dropped ${dropped.join(', ')}`)
    output.result({ dropped })
  } finally {
    await pool.end()
  }
}
