import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { connect } from '../database.ts'
import { eventually } from './commandLine.ts'
import { withConnection } from './databases.ts'
import { awaitFree } from './dataFolder.ts'
import { freePort, type Postgres, startPostgres } from './postgres.ts'
import { childrenOf, isAlive } from './processes.ts'

const one = async <T>(url: string, sql: string): Promise<T> =>
  withConnection(url, async (connection) => Object.values((await connection.query(sql)).rows[0] ?? {})[0] as T)

const dataFolderOf = (url: string) => one<string>(url, 'show data_directory')
const postmasterOf = (dataFolder: string) =>
  Number.parseInt(readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8'), 10)

describe('a server', () => {
  let postgres: Postgres

  beforeAll(async () => {
    postgres = await startPostgres({ password: 'p@ss/word', settings: { application_name: 'embedded' } })
  })

  afterAll(() => postgres.stop())

  test('lets in who knows the password, and sorts and folds all letters', async () => {
    expect(await one(postgres.url(), 'show application_name')).toBe('tests')
    expect(await one(postgres.url(), `select upper('śliwka são')`)).toBe('ŚLIWKA SÃO')
    const stranger = postgres.url('postgres', { name: 'postgres', password: 'guess' })
    await expect(connect({ url: stranger, applicationName: 'tests' })).rejects.toThrow('password authentication failed')
  })

  test('makes databases, by a name or by any', async () => {
    const named = await postgres.createDatabase('Named "so"')
    expect(await one(postgres.url(), `select count(*)::int from pg_database where datname = 'Named "so"'`)).toBe(1)
    expect(await Promise.all(['Named "so"', 'Named'].map((name) => postgres.hasDatabase(name)))).toEqual([true, false])
    expect(named).toMatch(/^postgres:\/\/postgres:p%40ss%2Fword@127\.0\.0\.1:\d+\//)
    const [first, second] = [await postgres.createDatabase(), await postgres.createDatabase()]
    expect(first).not.toBe(second)
    expect(await one(first, 'select 1')).toBe(1)
  })

  test('that crashes keeps what was committed, loses what was not, and comes back on its port', async () => {
    const url = await postgres.createDatabase()
    const writer = await connect({ url, applicationName: 'tests' })
    await writer.query('create table t (i int); insert into t values (1)')
    await writer.query('begin; insert into t values (2)')
    const dataFolder = await dataFolderOf(url)
    const postmaster = postmasterOf(dataFolder)
    const all = [postmaster, ...childrenOf(postmaster)]
    expect(all.length).toBeGreaterThan(3)
    await postgres.crash()
    expect(all.filter(isAlive)).toEqual([])
    await expect(writer.query('select 1')).rejects.toThrow()
    await expect(connect({ url, applicationName: 'tests' })).rejects.toThrow('ECONNREFUSED')
    await postgres.restart()
    expect(await one(url, 'select array_agg(i) from t')).toEqual([1])
    expect(readFileSync(join(dataFolder, 'server.log'), 'utf8')).toContain('was not properly shut down')
    await writer.end().catch(() => undefined)
  })

  test('refuses a second server on its data, which would destroy them', async () => {
    const dataFolder = await dataFolderOf(postgres.url())
    const postmaster = postmasterOf(dataFolder)
    await expect(awaitFree(dataFolder, 100)).rejects.toThrow(
      `a PostgreSQL server runs on ${dataFolder} already (process ${postmaster})`,
    )
    expect(existsSync(join(dataFolder, 'postmaster.pid'))).toBe(true)
  })
})

describe('a data folder', () => {
  let parent: string

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'cornerman-data-test-'))
    chmodSync(parent, 0o755)
  })

  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  test('keeps its data from one start to the next, past a stale lock and a first start that was killed', async () => {
    const dataFolder = join(parent, 'pg')
    const left = join(parent, 'pg.999999999.unfinished')
    mkdirSync(left)
    const first = await startPostgres({ dataFolder })
    await withConnection(first.url(), (connection) => connection.query('create table kept (i int)'))
    await first.stop()
    expect(readdirSync(parent)).toEqual(['pg'])
    // The process that bears the number now is another one.
    writeFileSync(join(dataFolder, 'postmaster.pid'), `${process.pid}\n${dataFolder}\n`)
    const second = await startPostgres({ dataFolder })
    expect(await one(second.url(), 'select count(*)::int from kept')).toBe(0)
    await second.stop()
    expect(existsSync(dataFolder)).toBe(true)
  })

  test('may lie where only its owner can enter, also for root', async () => {
    chmodSync(parent, 0o700)
    const dataFolder = join(parent, 'deep', 'pg')
    const first = await startPostgres({ dataFolder })
    await withConnection(first.url(), (connection) => connection.query('create table kept (i int)'))
    await first.stop()
    const second = await startPostgres({ dataFolder })
    const real = await dataFolderOf(second.url())
    expect(await one(second.url(), 'select count(*)::int from kept')).toBe(0)
    await second.stop()
    // Who removes the folder means the data.
    rmSync(dataFolder, { recursive: true })
    const third = await startPostgres({ dataFolder })
    expect(await one(third.url(), `select to_regclass('kept')`)).toBeNull()
    await third.stop()
    rmSync(real, { recursive: true, force: true })
  })
})

test('a server that is stopped leaves no process and no folder', async () => {
  const postgres = await startPostgres()
  const dataFolder = await dataFolderOf(postgres.url())
  const postmaster = postmasterOf(dataFolder)
  const all = [postmaster, ...childrenOf(postmaster)]
  await postgres.stop()
  expect(all.filter(isAlive)).toEqual([])
  expect(existsSync(dataFolder)).toBe(false)
  expect(childrenOf(process.pid)).toEqual([])
})

test('a server that cannot start says why, and leaves nothing', async () => {
  // A place of its own for temporary folders: other suites use the usual one meanwhile.
  const place = mkdtempSync(join(tmpdir(), 'cornerman-place-'))
  chmodSync(place, 0o755)
  vi.stubEnv('TMPDIR', place)
  try {
    await expect(startPostgres({ settings: { no_such_setting: '1' } })).rejects.toThrow(
      /^PostgreSQL does not start \(exit code 1\): .*unrecognized configuration parameter "no_such_setting"/,
    )
    expect(readdirSync(place)).toEqual([])
  } finally {
    vi.unstubAllEnvs()
    rmSync(place, { recursive: true })
  }
})

test('when the process that started it is killed by SIGKILL, nothing is left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cornerman-starter-'))
  const script = join(folder, 'starter.mts')
  const source = fileURLToPath(new URL('./postgres.ts', import.meta.url))
  writeFileSync(
    script,
    `import { startPostgres } from ${JSON.stringify(source)}
    const postgres = await startPostgres()
    console.log(postgres.url())
    setInterval(() => undefined, 1000)`,
  )
  const starter = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = (await once(starter.stdout, 'data')) as [Buffer]
    const dataFolder = await dataFolderOf(String(line).trim())
    const postmaster = postmasterOf(dataFolder)
    const all = [...childrenOf(starter.pid!), postmaster, ...childrenOf(postmaster)]
    expect(all.length).toBeGreaterThan(4)
    starter.kill('SIGKILL')
    await eventually(() => (all.some(isAlive) ? undefined : true), 'the end of the server')
    expect(existsSync(dataFolder)).toBe(false)
  } finally {
    starter.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a port is the preferred one, unless somebody uses it', async () => {
  const free = await freePort()
  expect(await freePort(free)).toBe(free)
  const user = createServer()
  user.listen(free, '127.0.0.1')
  await once(user, 'listening')
  expect(await freePort(free)).not.toBe(free)
  user.close()
})
