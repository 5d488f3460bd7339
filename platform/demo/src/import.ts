import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type Database, openDatabase } from '@platform/command-service/database'
import {
  type ImportReport,
  importResults,
  type PublishedFiles,
  readFolder,
  UnusableFile,
} from '@platform/command-service/importer'
import { caughtUp } from './caughtUp.ts'
import { Refused, runCommand } from './command.ts'
import { demoFolders, type Folders } from './folders.ts'
import { alone } from './importLock.ts'
import { bold, dim, endProgress, line, progressBar, quiet, shownPath, step } from './output.ts'
import type { Urls } from './platform.ts'
import { writeRejects } from './rejects.ts'
import { startOrRefuse } from './starting.ts'
import { claim, runningOnceReady } from './state.ts'

const name = 'npm run import'
const rejectsShown = 5
const help = `Takes published results into the platform: events.csv, results.csv and, if it is there, fighters.csv of a folder. They go
through the same code as commands do, with their events, so the rankings follow. It goes into the running demo; where none
runs, it starts the platform, waits until the read models show everything, and stops it again.

What is there already is left alone: run it again, also after it was killed, or with a second folder that goes on where the
first one ended. What cannot be taken goes to a file, with line and reason. At the end the ranking date is the last event's.

  npm run import -- <folder>

  --rejects <file>   where the lines go that cannot be taken (default: .cornerman/rejects/<folder>.csv)
  --json             print one JSON value for programs

Examples:
  $ npm run import -- ../shared/data/ufc
  $ npm run import -- ~/results/2025 --rejects /tmp/rejected.csv
  $ npm run --silent import -- ../shared/data/ufc --json`

await runCommand({
  name,
  help,
  ifStopped: 'run it again: what is taken stays taken, and it goes on from there',
  options: { rejects: { type: 'string' }, json: { type: 'boolean' } },
  run: async ({ rejects, json }, [given, extra], stop) => {
    if (given === undefined)
      throw new Refused('which folder?', `${name} -- <folder with events.csv and results.csv>`, 2)
    if (extra !== undefined) throw new Refused(`unexpected argument: ${extra}`, `${name} -- --help`, 2)
    if (json === true) quiet()
    const folder = typed(given)
    const files = await filesOf(folder)
    const folders = demoFolders()
    const rejectsFile =
      rejects === undefined ? join(folders.base, 'rejects', `${basename(folder)}.csv`) : typed(rejects)
    line(bold(`\nImport of ${folder}\n`))
    return withPlatform(folders, stop, async (urls, page) => {
      const { report, position } = await take(urls, files, stop)
      writeRejects(rejectsFile, report.rejects)
      if (json === true) printJson(folder, report, position, rejectsFile)
      else printReport(report, rejectsFile, page)
      return 0
    })
  },
})

/** As it was typed: npm runs this elsewhere. */
function typed(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path)
}

async function filesOf(folder: string): Promise<PublishedFiles> {
  if (!existsSync(folder))
    throw new Refused(`there is no folder ${folder}`, `${name} -- <folder with events.csv and results.csv>`, 2)
  try {
    return await readFolder(folder)
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error
    throw new Refused(
      error.message,
      'a folder with events.csv (EVENT, DATE) and results.csv (EVENT, BOUT, OUTCOME, WEIGHTCLASS, METHOD)',
      2,
    )
  }
}

/** Runs the work on the running demo, else on a platform that is started for it. */
async function withPlatform(
  folders: Folders,
  signal: AbortSignal,
  work: (urls: Urls, page: string | undefined) => Promise<number>,
): Promise<number> {
  const running = await runningOnceReady(folders, signal)
  if (running !== undefined) return work(running.urls, running.urls.web)
  const held = await claim(folders, 'import')
  try {
    const platform = await startOrRefuse({ folders, signal, web: false })
    try {
      held.ready(platform)
      return await work(platform.urls, undefined)
    } finally {
      await platform.stop()
    }
  } finally {
    held.release()
  }
}

async function take(
  urls: Urls,
  files: PublishedFiles,
  signal: AbortSignal,
): Promise<{ report: ImportReport; position: number }> {
  const db = openDatabase(urls.command, { max: 1 })
  try {
    return await alone(db, async (only) => {
      const report = await taken(only, files, signal)
      const startedAt = performance.now()
      const position = await caughtUp(urls, { signal, timeoutMs: 600_000 })
      step(`read models: up to date with position ${counted(position)}`, performance.now() - startedAt)
      return { report, position }
    })
  } finally {
    await db.destroy()
  }
}

async function taken(db: Database, files: PublishedFiles, signal: AbortSignal): Promise<ImportReport> {
  const startedAt = performance.now()
  const report = await importResults(db, files, {
    signal,
    onProgress: (done, total) => progressBar('results', done, total),
  })
  endProgress()
  step(
    `results: ${counted(report.taken)} taken, ${counted(report.events)} events and ${counted(report.athletes)} athletes new`,
    performance.now() - startedAt,
  )
  return report
}

function printReport(report: ImportReport, rejectsFile: string, page: string | undefined): void {
  const { read, taken, alreadyThere, rejected, rejects, rankingDate } = report
  line('')
  if (rankingDate !== null) line(`  the ranking date is ${rankingDate}`)
  if (rejects.length > 0) {
    line(`  what could not be taken, with line and reason: ${bold(shownPath(rejectsFile))}`)
    for (const { file, line: at, reason } of rejects.slice(0, rejectsShown))
      line(dim(`    ${file}, line ${at}: ${reason}`))
    if (rejects.length > rejectsShown) line(dim(`    and ${rejects.length - rejectsShown} more`))
  }
  line(
    `\n  read ${counted(read)} = taken ${counted(taken)} + already there ${counted(alreadyThere)} + rejected ${counted(rejected)}\n`,
  )
  line(page === undefined ? `  See them: ${bold('npm run demo')}\n` : `  See them: ${bold(page)}\n`)
}

function printJson(folder: string, { rejects, ...report }: ImportReport, position: number, file: string): void {
  const rejectsFile = rejects.length > 0 ? file : null
  console.log(JSON.stringify({ folder, ...report, position, rejectedLines: rejects.length, rejectsFile }, null, 2))
}

function counted(number: number): string {
  return number.toLocaleString('en')
}
