import { Refused, runCommand } from './command.ts'
import { demoFolders, dropData, type Folders } from './folders.ts'
import { bold, endProgress, line, progressBar, step, warn } from './output.ts'
import type { Platform, Urls } from './platform.ts'
import { postOneResult } from './postOneResult.ts'
import { seedIfEmpty } from './seed.ts'
import { claim, readRunning } from './state.ts'
import { startOrRefuse } from './starting.ts'
import { printWelcome } from './welcome.ts'

const help = `Starts the tournament platform on this machine: an embedded PostgreSQL, the command service, the projector, the query
service and the web page, each a process of its own. Ctrl-C stops all of them. The data stay for the next time.

  npm run demo               start; the first time, fill it with a made-up federation
  npm run demo -- --post     post a result into the running demo, from another terminal
  npm run demo -- --once     start, post a result, say how long it took to be visible, stop
  npm run demo -- --reset    drop all data, then start

The data lie in .cornerman, or where CORNERMAN_DEMO_FOLDER says.

Published results: npm run import -- --help
What the projector does: npm run cornerman -- status`

await runCommand({
  name: 'npm run demo',
  help,
  options: { post: { type: 'boolean' }, once: { type: 'boolean' }, reset: { type: 'boolean' } },
  run: async ({ post, once, reset }, [extra], stop) => {
    if (extra !== undefined) throw new Refused(`unexpected argument: ${extra}`, 'npm run demo -- --help', 2)
    const folders = demoFolders()
    if (post === true) return postIntoRunning(folders)
    const held = await claim(folders, 'demo')
    try {
      if (reset === true) dropData(folders)
      console.log(bold('\nCornerman: the tournament platform\n'))
      const startedAt = performance.now()
      const platform = await start(folders, stop)
      try {
        held.ready(platform)
        if (once === true) await tellResult(platform.urls)
        else {
          printWelcome(platform, performance.now() - startedAt, folders)
          await aborted(stop)
          line('\n  stopping … (Ctrl-C again ends it at once)')
        }
      } finally {
        await platform.stop()
      }
      line('  everything has stopped; the data stay for the next time\n')
      return 0
    } finally {
      held.release()
    }
  },
})

function start(folders: Folders, signal: AbortSignal): Promise<Platform> {
  return startOrRefuse({
    folders,
    signal,
    onBusyPort: (wanted, used) => warn(`port ${wanted} is taken: ${used} is used in its place`),
    beforeServices: seedAndTell,
  })
}

async function seedAndTell(urls: Urls): Promise<void> {
  const startedAt = performance.now()
  const seeded = await seedIfEmpty(urls, {
    onProgress: (week, weeks) => progressBar('seed: weeks', week, weeks),
  })
  endProgress()
  if (seeded === undefined) return
  const [athletes, bouts] = [seeded.athletes, seeded.bouts].map((count) => count.toLocaleString('en'))
  step(`seed: ${athletes} athletes, ${bouts} bouts, all made up`, performance.now() - startedAt)
}

async function postIntoRunning(folders: Folders): Promise<number> {
  const running = readRunning(folders)
  if (running?.platform === undefined)
    throw new Refused(running === undefined ? 'no demo is running' : 'the demo is still starting', 'npm run demo')
  await tellResult(running.platform.urls)
  return 0
}

async function tellResult(urls: Urls): Promise<void> {
  const { winner, before, after, visibleMs } = await postOneResult(urls)
  line(`\n  ${bold(winner.athlete.name)}, ${winner.division.name}, has won: ${before} → ${after} points`)
  line(`  posted → visible on the rankings query in ${Math.round(visibleMs)} ms\n`)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })
}
