import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isReachable } from 'cornerman/testing'

export const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** Where a platform keeps its things. */
export interface Folders {
  readonly base: string
  readonly postgres: string
  readonly logs: string
  /** What a running demo says about itself, for the import. */
  readonly state: string
  /** Whether all of it goes when the platform has ended, however that ends. */
  readonly isTemporary: boolean
}

/** Beside the code; where root runs this and PostgreSQL's user cannot reach that, in a place that both can. */
export function demoFolders(): Folders {
  const beside = join(repository, '.cornerman')
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 8)
  return foldersIn(isReachable(repository) ? beside : `/var/tmp/cornerman-demo-${hash}`)
}

/** For a platform that leaves nothing behind: a folder that the server's user can reach. */
export function temporaryFolders(): Folders {
  const base = mkdtempSync(join(isReachable(tmpdir()) ? tmpdir() : '/var/tmp', 'cornerman-platform-'))
  chmodSync(base, 0o755)
  return { ...foldersIn(base), isTemporary: true }
}

export function foldersIn(base: string): Folders {
  const folders = {
    base,
    isTemporary: false,
    postgres: join(base, 'postgres'),
    logs: join(base, 'logs'),
    state: join(base, 'running.json'),
  }
  mkdirSync(folders.logs, { recursive: true })
  return folders
}

export function dropData({ base }: Folders): void {
  rmSync(base, { recursive: true, force: true })
}

/** Passwords of this platform's own database, made once. */
export interface Secrets {
  owner: string
  command: string
  projector: string
  query: string
  cursor: string
}

export function secretsOf({ base }: Folders): Secrets {
  const file = join(base, 'secrets.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Secrets
  const secret = () => randomBytes(16).toString('hex')
  const secrets: Secrets = {
    owner: secret(),
    command: secret(),
    projector: secret(),
    query: secret(),
    cursor: secret(),
  }
  mkdirSync(base, { recursive: true })
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 })
  return secrets
}
