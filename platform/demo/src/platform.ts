import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { migrateWriteSide, prepareReadSide, type Roles } from '@platform/command-service/migrate'
import { type Postgres, ProcessGuard, startPostgres } from 'cornerman/testing'
import { type Folders, type Secrets, secretsOf } from './folders.ts'
import { choosePorts, type Ports } from './ports.ts'
import { answering, Service } from './service.ts'

export { caughtUp } from './caughtUp.ts'
export { foldersIn, type Folders, repository, temporaryFolders } from './folders.ts'
export { postOneResult } from './postOneResult.ts'
export { readRunning, type Running } from './state.ts'
export { seedIfEmpty } from './seed.ts'
export type { Service } from './service.ts'

export interface PlatformOptions {
  folders: Folders
  /** Wanted ports; a busy one is replaced by a free one. */
  ports?: Partial<Ports>
  /** How many projector processes. Defaults to 1. */
  projectors?: number
  web?: boolean
  /** Called after each step with how long it took. */
  onStep?: (what: string, ms: number) => void
  /** Called for a port that was wanted and is busy. */
  onBusyPort?: (wanted: number, used: number) => void
  onEnd?: (name: string, how: string) => void
  /** Ends the start; what has been started ends with it. */
  signal?: AbortSignal
  /** Runs when the databases are there and nothing else is: the seed. */
  beforeServices?: (urls: Urls) => Promise<void>
  logLevel?: string
}

/** Connections, each for one of the platform's roles. */
export interface Urls {
  /** Of the owner of both databases; no service has these. */
  ownerWrite: string
  ownerRead: string
  command: string
  projectorWrite: string
  projectorRead: string
  query: string
  commandApi: string
  queryApi: string
  web: string
}

export interface Platform {
  readonly urls: Urls
  readonly ports: Ports
  readonly postgres: Postgres
  readonly command: Service
  readonly query: Service
  readonly projectors: readonly Service[]
  readonly web: Service | undefined
  /** The environment in which the `cornerman` command line sees this platform. */
  readonly projectorEnvironment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

const require = createRequire(import.meta.url)
const packageFolder = (name: string) => dirname(require.resolve(`${name}/package.json`))
export const cornermanBinary = join(packageFolder('cornerman'), 'bin', 'cornerman.js')
export const projectionsFolder = packageFolder('@platform/projections')

/** Starts the whole platform on an embedded PostgreSQL: write side and read side as two databases, every service a process. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { folders, signal, onStep = () => undefined } = options
  const guard = new ProcessGuard()
  let services: Services | undefined
  const close = () => {
    for (const service of all(services)) service.abandon()
    return guard.close()
  }
  const abort = () => void close()
  signal?.addEventListener('abort', abort)
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted()
    const startedAt = performance.now()
    const result = await work()
    onStep(what, performance.now() - startedAt)
    return result
  }
  try {
    mkdirSync(folders.logs, { recursive: true })
    const secrets = secretsOf(folders)
    const ports = await choosePorts(options.ports, options.onBusyPort)
    const postgres = await timed('PostgreSQL', () =>
      startPostgres({ dataFolder: folders.postgres, port: ports.postgres, password: secrets.owner, guard }),
    )
    const urls = urlsOf(postgres, ports, secrets)
    await timed('schema', () => prepareDatabases(postgres, urls, secrets))
    await options.beforeServices?.(urls)
    const made = servicesOf(options, guard, urls, ports, secrets)
    services = made
    await timed('services', () => startServices(made, urls))
    return {
      urls,
      ports,
      postgres,
      ...made,
      projectorEnvironment: { DATABASE_URL: urls.projectorWrite, READ_DATABASE_URL: urls.projectorRead },
      async stop() {
        await Promise.all(all(made).map((service) => service.stop()))
        await postgres.stop()
        await guard.close()
      },
    }
  } catch (error) {
    await close()
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function urlsOf(postgres: Postgres, ports: Ports, secrets: Secrets): Urls {
  const as = (database: string, role: 'command' | 'projector' | 'query') =>
    postgres.url(database, { name: `platform_${role}`, password: secrets[role] })
  return {
    ownerWrite: postgres.url('platform_write'),
    ownerRead: postgres.url('platform_read'),
    command: as('platform_write', 'command'),
    projectorWrite: as('platform_write', 'projector'),
    projectorRead: as('platform_read', 'projector'),
    query: as('platform_read', 'query'),
    commandApi: `http://127.0.0.1:${ports.command}`,
    queryApi: `http://127.0.0.1:${ports.query}`,
    web: `http://127.0.0.1:${ports.web}`,
  }
}

async function prepareDatabases(postgres: Postgres, urls: Urls, secrets: Secrets): Promise<void> {
  for (const name of ['platform_write', 'platform_read'])
    if (!(await postgres.hasDatabase(name))) await postgres.createDatabase(name)
  const roles: Roles = {
    command: { name: 'platform_command', password: secrets.command },
    projector: { name: 'platform_projector', password: secrets.projector },
    query: { name: 'platform_query', password: secrets.query },
  }
  await migrateWriteSide(urls.ownerWrite, roles)
  await prepareReadSide(urls.ownerRead, roles)
  const args = [
    'migrate',
    '--json',
    '--writer',
    roles.command.name,
    '--projector',
    roles.projector.name,
    '--reader',
    roles.query.name,
  ]
  await cornerman(args, { DATABASE_URL: urls.ownerWrite, READ_DATABASE_URL: urls.ownerRead })
}

/** Runs the command line beside the platform's projections. */
export async function cornerman(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [cornermanBinary, ...args], {
    cwd: projectionsFolder,
    env: { ...process.env, ...env },
    maxBuffer: 1 << 26,
  })
  return stdout
}

interface Services {
  command: Service
  query: Service
  projectors: Service[]
  web: Service | undefined
}

function servicesOf(
  { folders, onEnd, projectors = 1, web = true, logLevel = 'info' }: PlatformOptions,
  guard: ProcessGuard,
  urls: Urls,
  ports: Ports,
  secrets: Secrets,
): Services {
  const service = (
    name: string,
    script: string,
    env: Record<string, string>,
    more: { args?: string[]; cwd?: string } = {},
  ) =>
    new Service({
      name,
      script,
      env: { LOG_LEVEL: logLevel, ...env },
      logs: folders.logs,
      ...(folders.isTemporary ? { scratch: folders.base } : {}),
      guard,
      ...more,
      ...(onEnd === undefined ? {} : { onEnd }),
    })
  const main = (name: string) => join(packageFolder(name), 'dist', 'main.js')
  const projectorEnv = { DATABASE_URL: urls.projectorWrite, READ_DATABASE_URL: urls.projectorRead }
  return {
    command: service('command-service', main('@platform/command-service'), {
      DATABASE_URL: urls.command,
      PORT: String(ports.command),
    }),
    query: service('query-service', main('@platform/query-service'), {
      READ_DATABASE_URL: urls.query,
      PORT: String(ports.query),
      CURSOR_SECRET: secrets.cursor,
    }),
    projectors: Array.from({ length: projectors }, (_, i) =>
      service(`projector${projectors === 1 ? '' : `-${i + 1}`}`, cornermanBinary, projectorEnv, {
        args: ['project'],
        cwd: projectionsFolder,
      }),
    ),
    web: web
      ? service('web', join(packageFolder('@platform/web'), 'dist', 'server', 'main.js'), {
          QUERY_URL: urls.queryApi,
          PORT: String(ports.web),
        })
      : undefined,
  }
}

function all(services: Services | undefined): Service[] {
  if (services === undefined) return []
  const { command, query, projectors, web } = services
  return [command, query, ...projectors, ...(web === undefined ? [] : [web])]
}

async function startServices({ command, query, projectors, web }: Services, urls: Urls): Promise<void> {
  await Promise.all(all({ command, query, projectors, web }).map((service) => service.start()))
  await Promise.all([
    answering(`${urls.commandApi}/readyz`, command),
    // The first start builds the read models: the query service is ready when they are there.
    answering(`${urls.queryApi}/readyz`, query),
    ...(web === undefined ? [] : [answering(`${urls.web}/`, web)]),
  ])
}
