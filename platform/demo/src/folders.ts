import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isReachable } from 'cornerman/testing'

export const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** Where a platform keeps its things. */
export interface Folders {
  readonly base: string
  readonly postgres: string
  readonly logs: string
  readonly secrets: string
  /** Who has these folders now. */
  readonly state: string
  /** Whether all of it goes when the platform has ended, however that ends. */
  readonly isTemporary: boolean
}

/**
 * Where `CORNERMAN_DEMO_FOLDER` says, else beside the code; where root runs this and PostgreSQL's user cannot reach that, in a
 * place that both can.
 */
export function demoFolders(): Folders {
  const chosen = process.env['CORNERMAN_DEMO_FOLDER']
  if (chosen !== undefined && chosen !== '') return foldersIn(resolve(chosen))
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
  return {
    base,
    isTemporary: false,
    postgres: join(base, 'postgres'),
    logs: join(base, 'logs'),
    state: join(base, 'running.json'),
    secrets: join(base, 'secrets.json'),
  }
}

/** Drops everything but the word of who has these folders now. */
export function dropData({ postgres, logs, secrets }: Folders): void {
  for (const path of [postgres, logs, secrets]) rmSync(path, { recursive: true, force: true })
  mkdirSync(logs)
}

/** Passwords of this platform's own database, made once. */
export interface Secrets {
  owner: string
  command: string
  projector: string
  query: string
  cursor: string
}

export function secretsOf({ secrets: file }: Folders): Secrets {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Secrets
  const secret = () => randomBytes(16).toString('hex')
  const secrets: Secrets = {
    owner: secret(),
    command: secret(),
    projector: secret(),
    query: secret(),
    cursor: secret(),
  }
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 })
  return secrets
}
