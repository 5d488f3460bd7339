import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection, openPool, type Pool } from '../database.ts'
import { silentLogger } from '../logger.ts'
import { newPrimary } from '../testing/databases.ts'
import { insertEvents, usePartitionsOf } from '../testing/outbox.ts'
import { until } from '../testing/waits.ts'
import { keepOutbox } from './keeper.ts'

let url: string
let observer: Connection
let running: { stop(): Promise<void> }[]

beforeEach(async () => {
  url = await newPrimary()
  observer = await connect({ url, applicationName: 'observer' })
  running = []
})

afterEach(async () => {
  await Promise.all(running.map((keeper) => keeper.stop()))
  await observer.end()
})

/** A keeper as a process of its own has it. */
function start(holder: string, logger = silentLogger): { stop(): Promise<void> } {
  const pool: Pool = openPool({ url, applicationName: `keeper ${holder}`, max: 2 })
  const stopped = new AbortController()
  const kept = keepOutbox({ pool, holder, logger, signal: stopped.signal, retentionMs: 0 })
  const stop = async () => {
    if (stopped.signal.aborted) return
    stopped.abort()
    await kept
    await pool.end()
  }
  running.push({ stop })
  return { stop }
}

const heartbeats = async () =>
  (
    await observer.query<{ at: number }>(
      `select (extract(epoch from recorded_at) * 1000)::float8 as at from cornerman.outbox where type = 'Heartbeat' order by position`,
    )
  ).rows.map((row) => row.at)

const holder = async () =>
  (await observer.query(`select holder from cornerman.leases where name = 'outbox-keeper' and token is not null`))
    .rows[0]?.['holder'] as string | undefined

async function untilMore(count: number): Promise<void> {
  const before = (await heartbeats()).length
  await until(`${count} more heartbeats came`, async () => (await heartbeats()).length >= before + count)
}

describe('of two processes', () => {
  test('one appends a heartbeat a second; it makes partitions ahead and drops what has been read', async () => {
    await usePartitionsOf(observer, 10)
    start('one')
    start('two')
    await until('one of them began', async () => (await heartbeats()).length > 0)
    await insertEvents(observer, 'a', 55)
    const partitions = async (condition: string) =>
      (await observer.query(`select name from cornerman.outbox_partitions where ${condition}`)).rows.length
    await until('partitions were made for them', async () => (await partitions('to_position > 250')) > 0)
    await until('what nobody needs was dropped', async () => (await partitions('from_position < 50')) === 0)
    // Heartbeats were dropped with it, and are not due again for ten of them.
    let at: number[] = []
    await until('some heartbeats came', async () => {
      at = await heartbeats()
      return at.length > 3
    })
    const apart = at.slice(1).map((each, i) => each - at[i]!)
    expect(Math.min(...apart), 'only one of them appends').toBeGreaterThan(950)
    expect(apart.sort((a, b) => a - b)[Math.floor(apart.length / 2)], 'once a second').toBeLessThan(2_000)
  })

  test('the second goes on at once when the first stops', async () => {
    const first = start('one')
    await untilMore(1)
    start('two')
    expect(await holder()).toBe('one')
    await first.stop()
    await until('the second has taken over', async () => (await holder()) === 'two')
    await untilMore(1)
  })

  test('the second takes over when the first is killed', async () => {
    const first = startProcess('one')
    await until('the first has begun', async () => (await holder()) === 'one')
    start('two')
    await untilMore(1)
    first.kill('SIGKILL')
    await until('the second has taken over', async () => (await holder()) === 'two')
    await untilMore(1)
  })
})

test('it begins again when its connections were cut, and says why', async () => {
  const warnings: unknown[] = []
  start('one', { ...silentLogger, warn: (facts: unknown) => void warnings.push(facts) })
  await untilMore(1)
  await until('it has noticed', async () => {
    await observer.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'keeper one'`)
    return warnings.length > 0
  })
  expect(warnings[0]).toMatchObject({ reason: expect.any(String) })
  await untilMore(2)
})

const file = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)))

/** A keeper in a real process, to be killed. */
function startProcess(holder: string): ChildProcess {
  const program = `
    const { openPool } = await import(${file('../database.ts')})
    const { keepOutbox } = await import(${file('./keeper.ts')})
    const { silentLogger } = await import(${file('../logger.ts')})
    const pool = openPool({ url: ${JSON.stringify(url)}, applicationName: 'keeper', max: 2 })
    await keepOutbox({ pool, holder: ${JSON.stringify(holder)}, logger: silentLogger, signal: new AbortController().signal, retentionMs: 0 })`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' })
  running.push({ stop: async () => void child.kill('SIGKILL') })
  return child
}
