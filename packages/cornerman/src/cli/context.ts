import type { Command } from 'commander'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { type Config, databaseUrl } from '../config.ts'
import { connect, type Connection, type ConnectOptions } from '../database.ts'
import { loadConfig } from '../loadConfig.ts'
import type { Environment } from '../readStore.ts'
import { assertMigrated, type MigrationSet } from '../schema/migrate.ts'
import { primaryMigrations } from '../schema/primary.ts'
import { type Output, outputTo, type Streams } from './output.ts'

/** What every command has: where it runs, what it was told, where it writes. */
export interface Context {
  readonly folder: string
  readonly env: Environment
  readonly streams: Streams
  /** Aborted by Ctrl-C and by SIGTERM. */
  readonly signal: AbortSignal
  /** What the process is to exit with: a command that did its work, but found something wrong, sets 1. */
  readonly exit: { code: number }
}

/** A command: puts itself under the program, and runs with the context. */
export type CommandOf = (program: Command, context: Context) => void

export interface CommonOptions {
  config?: string
  json?: boolean
}

export const primarySet: MigrationSet = { table: 'migrations', migrations: primaryMigrations }

export const outputOf = ({ streams }: Context, { json }: CommonOptions): Output => outputTo(streams, json ?? false)

export const configOf = ({ folder }: Context, { config }: CommonOptions): Promise<Config> => loadConfig(folder, config)

/**
 * A connection to the primary, for the time of `work`; refused when a migration is missing. An interrupt cuts it, so that no
 * command waits on for a lock or a long query.
 */
export async function withPrimary<T>(
  context: Context,
  work: (connection: Connection, url: string) => Promise<T>,
  options: Partial<ConnectOptions> & { migrated?: boolean } = {},
): Promise<T> {
  const { migrated = true, ...rest } = options
  const url = databaseUrl(context.env)
  const connection = await connect({ url, applicationName: 'cornerman', ...rest })
  const cut = () => void connection.end().catch(() => undefined)
  context.signal.addEventListener('abort', cut)
  try {
    // It may have come before there was anything to cut.
    context.signal.throwIfAborted()
    if (migrated) await assertMigrated(connection, primarySet, 'the primary')
    return await work(connection, url)
  } finally {
    context.signal.removeEventListener('abort', cut)
    await connection.end()
  }
}

/** Adds what `.env` of the folder says to the environment; what is set already stays. */
export function addEnvFile(folder: string, env: NodeJS.ProcessEnv): void {
  const file = join(folder, '.env')
  if (!existsSync(file)) return
  for (const [name, value] of Object.entries(parseEnv(readFileSync(file, 'utf8')))) env[name] ??= value ?? ''
}
