import { parseArgs } from 'node:util'
import { demoFolders, dropData } from './folders.ts'
import { bold, dim, endProgress, progress, seconds, step, warn } from './output.ts'
import { type Platform, startPlatform, type Urls } from './platform.ts'
import { postOneResult } from './postOneResult.ts'
import { seedIfEmpty } from './seed.ts'
import { forgetRunning, readRunning, writeRunning } from './state.ts'

const help = `Starts the tournament platform on this machine: an embedded PostgreSQL, the command service, the projectors,
the query service and the web page, each a process of its own. Ctrl-C stops all of them; the data stay.

  npm run demo               start, and seed if there is nothing yet
  npm run demo -- --reset    drop all data first
  npm run demo -- --once     start, post one result, say how long it took to be visible, stop

An import goes into the running demo, or starts one: npm run import -- <folder>`

const { values } = parseArgs({
  options: { reset: { type: 'boolean' }, once: { type: 'boolean' }, help: { type: 'boolean' } },
})
process.exitCode = values.help === true ? printHelp() : await demo()

function printHelp(): number {
  console.log(help)
  return 0
}

async function demo(): Promise<number> {
  const folders = demoFolders()
  const running = readRunning(folders)
  if (running !== undefined) {
    console.error(
      `the demo is running already, as process ${running.pid}: ${running.urls.web}\nTry: stop it with Ctrl-C first`,
    )
    return 1
  }
  if (values.reset === true) dropData(folders)
  console.log(bold('\nCornerman: the tournament platform\n'))
  const startedAt = performance.now()
  const stopped = stopSignal()
  const platform = await startPlatform({
    folders: demoFolders(),
    onStep: step,
    onEnd: (name, how) => warn(`${name} has ended (${how}); starting it again`),
    beforeServices: seedAndTell,
  })
  try {
    writeRunning(folders, platform.urls)
    if (values.once === true) return await once(platform)
    printWelcome(platform, performance.now() - startedAt, folders.base)
    await stopped
    console.log('\nstopping …')
    return 0
  } finally {
    forgetRunning(folders)
    await platform.stop()
    console.log('everything has stopped; the data stay for the next time')
  }
}

async function seedAndTell(urls: Urls): Promise<void> {
  const startedAt = performance.now()
  const seeded = await seedIfEmpty(urls, {
    onProgress: (week, weeks) => progress(`seeding: week ${week} of ${weeks}`),
  })
  endProgress()
  if (seeded === undefined) return
  const { athletes, bouts } = seeded
  step(
    `seed: ${athletes.toLocaleString('en')} athletes, ${bouts.toLocaleString('en')} bouts ${dim('(all made up)')}`,
    performance.now() - startedAt,
  )
}

async function once({ urls }: Platform): Promise<number> {
  const { winner, before, after, visibleMs } = await postOneResult(urls)
  console.log(`\n  ${winner.athlete.name} (${winner.division.name}): ${before} → ${after} points`)
  console.log(`  posted → visible on the rankings query in ${Math.round(visibleMs)} ms\n`)
  return 0
}

function printWelcome({ urls, ports }: Platform, ms: number, base: string): void {
  console.log(`\n  ready in ${seconds(ms)}\n`)
  const lines = [
    ['rankings', urls.web],
    ['commands', `${urls.commandApi}/docs`],
    ['queries', `${urls.queryApi}/docs`],
    ['PostgreSQL', `127.0.0.1:${ports.postgres}  ${dim(`passwords, data and logs: ${base}`)}`],
  ]
  for (const [what, where] of lines) console.log(`  ${what!.padEnd(12)} ${bold(where!)}`)
  console.log(`
  Try
    open the rankings, click an athlete, search for a name without its accents
    post a result at ${urls.commandApi}/docs and watch the rankings move
    npm run import -- <folder with events.csv and results.csv>
    kill -9 a projector, or PostgreSQL: everything comes back by itself
    npx cornerman status   ${dim('(in platform/projections, with the URLs of ' + base + '/running.json)')}

  Ctrl-C stops everything.
`)
}

/** Resolves when this process is to end: by a signal, or because the process that started it is gone. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
    process.on('disconnect', () => resolve())
  })
}
