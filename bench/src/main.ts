import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProcessGuard, startPostgres } from 'cornerman/testing'
import { append } from './append.ts'
import type { Bench, BenchContext } from './bench.ts'
import { division } from './division.ts'
import { fanout } from './fanout.ts'
import { latency } from './latency.ts'
import { type Options, parseOptions } from './options.ts'
import { projector } from './projector.ts'
import { Report } from './report.ts'

const benches: Readonly<Record<string, Bench>> = { append, projector, latency, fanout, division }

const help = `Measures the toolkit beside a ceiling: the same work by a plain script with nothing of ours, on the same server.

  npm run bench -- <bench> […]
${Object.entries(benches)
  .map(([name, { summary }]) => `    ${name.padEnd(12)}${summary}`)
  .join('\n')}

  --pairs <n>          interleaved pairs (default: what the goal asks for, 5 or 40)
  --events <n>         size of the backlog of \`projector\` (default: 500000)
  --quick              small sizes: to see that it works, not to measure
  --json               no sentences on standard error
  --cpu-prof <folder>  the projector process leaves its CPU profile there

Standard output has one JSON line for each comparison: ours, ceiling, the median ratio of the pairs with its interval,
the goal and whether it is met. The exit code is 1 when a run is void, because its final state is not what was computed
apart; a goal that is missed is a result.`

/**
 * Every commit bears the time of PostgreSQL's own clock: when a row became visible is asked of the row, and nobody has to
 * look for it meanwhile. Durability is the default (`fsync`, `synchronous_commit`), on both sides.
 */
const serverSettings = { track_commit_timestamp: 'on', max_wal_size: '4GB', shared_buffers: '512MB' }

process.exitCode = await main()

async function main(): Promise<number> {
  const asked = parseOptions(process.argv.slice(2), Object.keys(benches))
  if (asked.asked === 'help') console.log(help)
  if (asked.asked === 'nonsense') console.error(`${asked.message}\nTry: ${asked.hint}`)
  return asked.asked === 'run' ? run(asked.benches, asked.options) : asked.asked === 'help' ? 0 : 2
}

/** Each bench gets a server of its own: none runs on what another one has left. */
async function run(names: readonly string[], options: Options): Promise<number> {
  const report = new Report(options)
  for (const name of names) {
    const failure = await withServer(report, options, (context) => benches[name]!.run(context))
    if (failure === undefined) continue
    console.error(`${name} is void: ${failure instanceof Error ? failure.message : String(failure)}`)
    return 1
  }
  return 0
}

async function withServer(
  report: Report,
  options: Options,
  work: (context: BenchContext) => Promise<void>,
): Promise<unknown> {
  const guard = new ProcessGuard()
  const logs = mkdtempSync(join(tmpdir(), 'cornerman-bench-'))
  try {
    const postgres = await startPostgres({ guard, settings: serverSettings })
    try {
      const interrupted = interruption()
      await Promise.race([work({ postgres, guard, logs, options, report }), interrupted])
    } finally {
      await postgres.stop()
    }
    rmSync(logs, { recursive: true, force: true })
    return undefined
  } catch (error) {
    report.say(`what the processes logged: ${logs}`)
    return error
  } finally {
    await guard.close()
  }
}

function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new Error('interrupted'))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
    process.once('disconnect', end)
  })
}
