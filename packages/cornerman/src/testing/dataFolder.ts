import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { canReach, type Identity, unprivileged } from './postgresBinaries.ts'
import { commandOf, isAlive } from './processes.ts'

export interface DataFolderOptions {
  readonly binaries: string
  readonly identity: Identity | undefined
  readonly password: string | undefined
}

/** The server's environment: nothing of ours that PostgreSQL reads. */
export const serverEnvironment = (): Record<string, string | undefined> => ({
  PATH: process.env['PATH'],
  LC_ALL: 'C',
  TZ: 'UTC',
})

/** Makes the folder of a server's data, unless it is there. Returns where the data really lie. */
export function prepareData(folder: string, options: DataFolderOptions): string {
  const real = reachable(folder, options.identity)
  if (!existsSync(join(real, 'PG_VERSION'))) initialize(real, options)
  return real
}

/** Whether the server's user, who is not this process's where that is root, can reach a folder. */
export function isReachable(folder: string): boolean {
  const identity = unprivileged()
  return identity === undefined || canReach(nearestExisting(folder), identity)
}

/**
 * As root, in a folder that only root may enter (its home), the data lie elsewhere and a link leads there: the server runs
 * under another user. A link that was removed means that the data were, too.
 */
function reachable(folder: string, identity: Identity | undefined): string {
  if (identity === undefined || canReach(nearestExisting(dirname(folder)), identity)) return folder
  const elsewhere = join('/var/tmp', `cornerman-data-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`)
  const isLink = lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true
  if (isLink && readlinkSync(folder) === elsewhere) return elsewhere
  rmSync(elsewhere, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true })
  symlinkSync(elsewhere, folder)
  return elsewhere
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(dirname(folder))
}

/** initdb takes a second or two: what it has not finished never stands under the folder's name. */
function initialize(folder: string, { binaries, identity, password }: DataFolderOptions): void {
  removeUnfinished(folder)
  const unfinished = `${folder}.${process.pid}.unfinished`
  const passwordFile = `${unfinished}.password`
  mkdirSync(unfinished, { recursive: true, mode: 0o700 })
  try {
    if (identity !== undefined) chownSync(unfinished, identity.uid, identity.gid)
    if (password !== undefined) writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
    if (password !== undefined && identity !== undefined) chownSync(passwordFile, identity.uid, identity.gid)
    const auth = password === undefined ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    const names = ['--username=postgres', '--encoding=UTF8', ...localeOf(binaries)]
    const result = spawnSync(
      join(binaries, 'bin', 'initdb'),
      [`--pgdata=${unfinished}`, '--no-instructions', ...names, ...auth],
      {
        ...identity,
        env: serverEnvironment() as NodeJS.ProcessEnv,
        cwd: unfinished,
        encoding: 'utf8',
      },
    )
    if (result.status !== 0) throw new Error(`initdb failed: ${result.error?.message ?? result.stderr.trim()}`)
    renameSync(unfinished, folder)
  } finally {
    for (const left of [unfinished, passwordFile]) rmSync(left, { recursive: true, force: true })
  }
}

/** What processes that were killed have left half done. */
function removeUnfinished(folder: string): void {
  const parent = dirname(folder)
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    const [, pid] = name.startsWith(`${basename(folder)}.`)
      ? (/\.(\d+)\.unfinished(\.password)?$/.exec(name) ?? [])
      : []
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true })
  }
}

/** From 17 on PostgreSQL knows the letters of all languages by itself; before it needs a locale of the system. */
function localeOf(binaries: string): string[] {
  const { stdout } = spawnSync(join(binaries, 'bin', 'initdb'), ['--version'], { encoding: 'utf8' })
  const major = Number(/(\d+)/.exec(stdout ?? '')?.[1] ?? 0)
  return major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'] : ['--locale=C']
}

/**
 * Waits until no server runs on these data: the one of a process that was killed takes a moment to end. Then its lock file
 * goes, whose process id another process may bear by now; without one a second server would start on the same data.
 */
export async function awaitFree(folder: string, patienceMs = 12_000): Promise<void> {
  const lock = join(folder, 'postmaster.pid')
  for (let waitedMs = 0; ; waitedMs += 50) {
    const pid = existsSync(lock) ? Number.parseInt(readFileSync(lock, 'utf8'), 10) : Number.NaN
    if (Number.isNaN(pid) || !isAlive(pid) || !commandOf(pid).includes(folder)) break
    if (waitedMs >= patienceMs)
      throw new Error(`a PostgreSQL server runs on ${folder} already (process ${pid}): stop it, or use another folder`)
    await sleep(50)
  }
  rmSync(lock, { force: true })
}
