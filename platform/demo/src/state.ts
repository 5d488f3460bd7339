import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandOf, isAlive } from 'cornerman/testing'
import { Refused } from './command.ts'
import type { Folders } from './folders.ts'
import type { Platform, Urls } from './platform.ts'
import { isFree, type Ports } from './ports.ts'

/** What a process that runs the platform on these folders says about itself, so that other commands find it. */
export interface Running {
  readonly pid: number
  readonly what: 'demo' | 'import'
  /** Once it is ready. */
  readonly platform?: { readonly urls: Urls; readonly ports: Ports }
}

/** The folders are one process's at a time; it tells where its platform is, and lets go of them at its end. */
export interface Claim {
  ready(platform: Platform): void
  release(): void
}

export function readRunning({ state }: Folders): Running | undefined {
  const running = lastOf(state)
  return running !== undefined && isOurs(running.pid) ? running : undefined
}

const startMs = 180_000

/** The platform of the running demo, once it has started; nothing where no demo runs. */
export async function runningOnceReady(folders: Folders, signal: AbortSignal): Promise<Running['platform']> {
  const deadline = performance.now() + startMs
  for (;;) {
    const running = readRunning(folders)
    if (running === undefined || running.platform !== undefined) break
    if (performance.now() > deadline) throw refusedBecause(running)
    await sleep(100, undefined, { signal })
  }
  const running = readRunning(folders)
  if (running?.what === 'import') throw refusedBecause(running)
  return running?.platform
}

/** Takes the folders for this process; refused while another one has them. What one that was killed has left ends first. */
export async function claim(folders: Folders, what: Running['what']): Promise<Claim> {
  const { state } = folders
  for (;;) {
    const running = readRunning(folders)
    if (running !== undefined) throw refusedBecause(running)
    await endOf(lastOf(state))
    rmSync(state, { force: true })
    if (take(folders, { pid: process.pid, what })) break
  }
  return {
    ready: ({ urls, ports }) => {
      writeWhole(`${state}.${process.pid}`, { pid: process.pid, what, platform: { urls, ports } })
      renameSync(`${state}.${process.pid}`, state)
    },
    release: () => rmSync(state, { force: true }),
  }
}

/** Whether it was this process that took them. A link appears whole, and only once. */
function take({ base, state }: Folders, running: Running): boolean {
  const mine = `${state}.${process.pid}`
  try {
    mkdirSync(base, { recursive: true })
    if (statSync(base).uid !== process.getuid?.()) throw ofAnotherUser(base)
    writeWhole(mine, running)
    linkSync(mine, state)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    throw code === 'EACCES' ? ofAnotherUser(base) : error
  } finally {
    rmSync(mine, { force: true })
  }
}

const ofAnotherUser = (base: string) =>
  new Refused(`${base} belongs to another user`, 'run this as that user, or remove the folder and all data in it')

const writeWhole = (file: string, running: Running) => writeFileSync(file, JSON.stringify(running), { mode: 0o600 })

function lastOf(state: string): Running | undefined {
  return existsSync(state) ? (JSON.parse(readFileSync(state, 'utf8')) as Running) : undefined
}

/** Another process may bear the number by now. */
const isOurs = (pid: number) => isAlive(pid) && /\b(main|import)\.js\b/.test(commandOf(pid))

function refusedBecause({ pid, what, platform }: Running): Refused {
  if (what === 'import')
    return new Refused(`an import is running, as process ${pid}`, 'wait until it has ended, then run this again')
  const where = platform === undefined ? 'it is starting' : platform.urls.web
  return new Refused(`the demo is running already, as process ${pid}: ${where}`, 'stop it with Ctrl-C first')
}

const patienceMs = 15_000

/** Waits until the services of a process that was killed have ended: they take a moment, and hold their ports until then. */
async function endOf(last: Running | undefined): Promise<void> {
  if (last?.platform === undefined) return
  const deadline = performance.now() + patienceMs
  for (const port of Object.values(last.platform.ports))
    while (!(await isFree(port)) && performance.now() < deadline) await sleep(50)
}
