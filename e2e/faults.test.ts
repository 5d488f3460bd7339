import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, Readers, seeded, seeds } from 'cornerman/testing'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { wrongCommands } from './exactlyOnce.ts'
import { Load } from './load.ts'
import { differences } from './oracle/compare.ts'
import { startTestPlatform, type TestPlatform } from './platform.ts'
import { soakMs } from './soak.ts'

let platform: TestPlatform
let readers: Readers

beforeEach(async () => {
  platform = await startTestPlatform({ projectors: 2 })
  const bouts = (record: string) =>
    ['wins', 'losses', 'draws', 'noContests'].map((each) => `(${record} ->> '${each}')::int`).join(' + ')
  readers = new Readers(platform.urls.query, [
    {
      view: 'read_models.rankings_v1',
      key: `division_id || '/' || athlete_id`,
      grows: bouts(`(document -> 'record')`),
    },
    { view: 'read_models.athletes_v1', key: 'athlete_id::text', grows: bouts(`(document -> 'record')`) },
    { view: 'read_models.divisions_v1', key: 'division_id::text' },
  ])
})

afterEach(async () => {
  await readers.stop()
  await platform.stop()
})

const connected = async () => {
  const client = new Client(platform.urls.ownerWrite)
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** An athlete of whom the load knows nothing. */
async function registered(name: string): Promise<string> {
  const response = await fetch(`${platform.urls.commandApi}/athletes`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  return ((await response.json()) as { id: string }).id
}

/** What must hold at the end of every run. */
async function allIsRight(): Promise<void> {
  await platform.caughtUp()
  expect(await differences(platform.urls)).toEqual([])
  expect(await readers.stop()).toEqual([])
  expect(readers.looks).toBeGreaterThan(50)
}

describe.for(seeds(0))('under load, seed %i', (seed) => {
  const forMs = soakMs(25_000)

  test(
    `projectors killed, stopped and woken, their turns taken, connections cut, events replayed, shuffled and repeated, beside a long transaction and a foreign writer (${forMs / 1_000} s)`,
    { timeout: forMs + 180_000 },
    async () => {
      const random = seeded(seed)
      const load = await Load.start(platform, seed, random)
      const writer = await connected()
      const long = await connected()
      const held = await registered('Nobody')
      await long.query('begin')
      await foreignChange(long, held, 'held for long')
      const done: string[] = []
      for (const end = performance.now() + forMs; performance.now() < end;) {
        const name = random.pick(Object.keys(faults) as (keyof typeof faults)[])
        await faults[name](writer, random)
        done.push(name)
        await sleep(random.int(2_000))
      }
      await long.query('commit')
      await load.stop()
      await allIsRight()
      expect(await wrongCommands(platform.urls.ownerWrite, load.acknowledged)).toEqual([])
      expect(done.length, done.join(', ')).toBeGreaterThan(3)
      for (const client of [writer, long]) await client.end()
    },
  )

  test(
    `PostgreSQL killed again and again: all services come back by themselves, what was acknowledged is there once, no version goes back (${forMs / 1_000} s)`,
    { timeout: forMs + 240_000 },
    async () => {
      const random = seeded(seed + 1)
      const services = () => [platform.command, platform.query, ...platform.projectors].map(({ pid }) => pid)
      const pids = services()
      const load = await Load.start(platform, seed, random)
      const backMs: number[] = []
      for (const end = performance.now() + forMs; backMs.length < 3 || performance.now() < end;) {
        await load.acknowledges(1 + random.int(100))
        await platform.postgres.crash()
        await sleep(random.int(1_500))
        await platform.postgres.restart()
        const restartedAt = performance.now()
        await load.acknowledges(10)
        await platform.caughtUp()
        backMs.push(performance.now() - restartedAt)
      }
      await load.stop()
      await allIsRight()
      expect(await wrongCommands(platform.urls.ownerWrite, load.acknowledged)).toEqual([])
      expect(load.replayed, 'commands that were sent again and answered as before').toBeGreaterThan(0)
      expect(services(), 'no service was started again').toEqual(pids)
      console.log(
        `PostgreSQL killed ${backMs.length} times: ${load.acknowledged.length} commands acknowledged, ${load.sentAgain} requests sent again, ` +
          `${load.replayed} answered a second time; caught up ${backMs.map((ms) => (ms / 1_000).toFixed(1)).join(', ')} s after the restart`,
      )
    },
  )
})

/** A writer that knows nothing of the toolkit changes an athlete and inserts the event by hand. */
async function foreignChange(client: Client, athlete: string, nickname: string): Promise<void> {
  await client.query('update tournament.athletes set nickname = $2 where id = $1', [athlete, nickname])
  await client.query(
    `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload)
     values ('athlete', $1, 'AthleteUpdated', jsonb_build_object('type', 'AthleteUpdated', 'athleteId', $1::text))`,
    [athlete],
  )
}

const freeLeases = `update cornerman.leases set token = null, beat = beat + 1 where name like 'projector/%'`

const faults = {
  async kill(_: Client, random: Random) {
    random.pick(platform.projectors).kill('SIGKILL')
  },
  async stopAndWake(_: Client, random: Random) {
    const projector = random.pick(platform.projectors)
    projector.kill('SIGSTOP')
    await sleep(1_000 + random.int(4_000))
    projector.kill('SIGCONT')
  },
  async killCommandService() {
    platform.command.kill('SIGKILL')
  },
  /** Some of them in the middle of a statement, some of a COMMIT. */
  async cutConnections(writer: Client, random: Random) {
    await writer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename like 'platform_%' and md5($1 || pid::text) < 'a'`,
      [String(random.int(1_000_000))],
    )
  },
  async takeTurns(writer: Client) {
    await writer.query(freeLeases)
  },
  async repeatShuffled(writer: Client, random: Random) {
    await writer.query(
      `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload, headers)
       select aggregatetype, aggregateid, type, payload, '{"repeated": "yes"}' from cornerman.outbox where type <> 'Heartbeat'
       order by md5($1 || id::text) limit $2`,
      [String(random.int(1_000_000)), random.int(300)],
    )
  },
  /** The cursors go back to somewhere, but not beyond what they still wait for: without their gaps they would skip it. */
  async replay(writer: Client, random: Random) {
    await writer.query('begin')
    await writer.query(freeLeases)
    await writer.query(
      `update cornerman.checkpoints set row_id = null, new_gaps = '[]', old_gaps = '[]', position = least(position * $1 / 100,
         (select min((gap ->> 0)::bigint) - 1 from jsonb_array_elements(new_gaps || old_gaps) as gap))`,
      [random.int(100)],
    )
    await writer.query('commit')
  },
  async foreignWriter(writer: Client, random: Random) {
    const { rows } = await writer.query<{ id: string }>('select id from tournament.athletes order by id offset 1')
    const [kept, undone] = [random.pick(rows).id, random.pick(rows).id]
    await writer.query('begin')
    await foreignChange(writer, kept, `foreign ${random.int(1_000)}`)
    await writer.query('savepoint before')
    await foreignChange(writer, undone, 'never seen')
    await writer.query('rollback to savepoint before')
    await writer.query('commit')
    await writer.query('begin')
    await foreignChange(writer, undone, 'never seen')
    await writer.query('rollback')
  },
}
