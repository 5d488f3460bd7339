import { pause } from '../backoff.ts'
import { type PlacedProjection, placedByName } from '../config.ts'
import type { Connection } from '../database.ts'
import type { Key } from '../key.ts'
import { type Projection, titleOf } from '../projection.ts'
import { requestRefresh } from '../projector/fanOut.ts'
import { bare } from '../sql.ts'
import { warnWithoutProjector } from './activity.ts'
import { type CommandOf, type CommonOptions, configOf, type Context, outputOf, withPrimary } from './context.ts'
import { interrupted } from './fault.ts'
import { parseKeys } from './keys.ts'
import { commonOptions, examples, repeated } from './options.ts'
import { count } from './output.ts'
import { readParked } from './parked.ts'
import { progressLine } from './progress.ts'

interface RefreshOptions extends CommonOptions {
  key?: string[]
  wait: boolean
}

export const refreshCommand: CommandOf = (program, context) => {
  commonOptions(program.command('refresh'))
    .argument('<projection>')
    .summary('read documents anew from the primary, all or some')
    .description(
      'Read documents anew from the primary into the live generation, in place: all of them, and whatever else lies in the store; or those of some keys. The running projector does it, beside newer events.',
    )
    .option('--key <key>', 'only this key (its parts with commas between them); may be given again', repeated)
    .option('--no-wait', 'only ask for it')
    .addHelpText(
      'after',
      examples(
        'cornerman refresh rankings',
        'cornerman refresh rankings --key 0c1d…,77aa…',
        'cornerman refresh rankings --no-wait',
      ),
    )
    .action((name: string, options: RefreshOptions) => run(context, name, options))
}

interface Request {
  readonly ids: readonly number[]
  /** The keys that were named; none stand for all. */
  readonly keys: readonly Key[]
  /** About how many keys are to be read. */
  readonly total: number
}

async function run(context: Context, name: string, options: RefreshOptions): Promise<void> {
  const output = outputOf(context, options)
  const placed = [...placedByName(await configOf(context, options), context.env, [name]).values()].flat()
  const titles = placed.map(({ projection }) => titleOf(projection)).join(', ')
  await withPrimary(context, async (connection) => {
    const { ids, keys, total } = await request(connection, placed, options.key)
    const about = options.key === undefined ? 'all keys' : count(total, 'key')
    if (!options.wait) {
      output.line(`asked for ${about} of ${titles}: \`cornerman status\` shows how far it is`)
      return output.result({ projection: name, requested: ids })
    }
    await warnWithoutProjector(connection, name, output)
    const bar = progressLine(context, `refreshing ${titles}`, total, output.json)
    try {
      await follow(connection, ids, (done) => bar.update(done), context.signal)
    } finally {
      bar.stop()
    }
    const parked = (await readParked(connection, name)).filter(
      (each) => keys.length === 0 || keys.some((key) => each.isKey(key)),
    )
    output.line(`refreshed ${about} of ${titles}${parked.length === 0 ? '' : `; ${parked.length} parked:`}`)
    for (const each of parked.slice(0, 5)) output.line(`  ${each.name}: ${each.reason}`)
    if (parked.length > 0) output.line(`Try: mend the cause, then cornerman retry ${name}`)
    output.result({
      projection: name,
      requested: ids,
      parked: parked.map(({ name: key, code, reason }) => ({ key, code, reason })),
    })
    if (parked.length > 0) context.exit.code = 1
  })
}

async function request(
  connection: Connection,
  placed: readonly PlacedProjection[],
  texts: readonly string[] | undefined,
): Promise<Request> {
  // All keys are understood before anything is asked for.
  const parsed: (Key[] | undefined)[] = []
  for (const { projection } of placed)
    parsed.push(texts === undefined ? undefined : await parseKeys(connection, projection, texts))
  const ids: number[] = []
  let total = 0
  for (const [i, { projection, declaration }] of placed.entries()) {
    const keys = parsed[i]
    total += keys?.length ?? (await domainSize(connection, projection))
    const of = { projection: projection.name, store: declaration.adapter.kind, versions: [projection.version] }
    const reason = 'asked for by hand'
    ids.push(...(await requestRefresh(connection, of, keys === undefined ? { reason } : { reason, keys })))
  }
  return { ids, keys: parsed.flatMap((keys) => keys ?? []), total }
}

/** Counted only when that is quick; a progress bar needs no more than a notion. */
async function domainSize(connection: Connection, { keys }: Projection): Promise<number> {
  try {
    await connection.query(`begin; set local statement_timeout = '2s'`)
    const { rows } = await connection.query<{ count: number }>(`select count(*) as count from (${bare(keys)}) as k`)
    return rows[0]!.count
  } catch {
    return 0
  } finally {
    await connection.query('rollback')
  }
}

async function follow(
  connection: Connection,
  ids: readonly number[],
  onDone: (done: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    if (signal.aborted)
      throw interrupted(
        'stopped waiting; the refresh goes on in the projector',
        '`cornerman status` shows how far it is',
      )
    const { rows } = await connection.query<{ open: number; done: number }>(
      'select count(*)::int as open, coalesce(sum(done_keys), 0)::float8 as done from cornerman.fanouts where id = any($1)',
      [ids],
    )
    if (rows[0]!.open === 0) return
    onDone(rows[0]!.done)
    await pause(200, signal)
  }
}
