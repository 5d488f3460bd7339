import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Connection, openPool, type Pool } from '../database.ts'
import { outboxFeed } from '../feeds/outbox/feed.ts'
import { append, appendClause } from '../outbox/append.ts'
import { extendOutbox, pruneOutbox } from '../outbox/partitions.ts'
import { identifier } from '../sql.ts'
import { newDatabase } from '../testing/databases.ts'
import { insertEvents, usePartitionsOf } from '../testing/outbox.ts'
import { as, newRole, ownedByRole } from '../testing/roles.ts'
import { migrate } from './migrate.ts'
import { primaryGrants, primaryMigrations } from './primary.ts'

const event = { type: 'Happened', aggregateType: 'thing', aggregateId: 'a', payload: { secret: 's' } }
const denied = { code: '42501' }

let owner: Connection
let writer: Connection
let projector: Connection
let stranger: Connection
let projectorUrl: string

const open = (url: string) => connect({ url, applicationName: 'grants' })

// The owner of the database is a plain role too: nothing here needs a superuser.
beforeAll(async () => {
  const superuser = await newDatabase()
  const url = await ownedByRole(superuser)
  const roles = { writer: await newRole(superuser), projector: await newRole(superuser) }
  owner = await open(url)
  await migrate(owner, { table: 'migrations', migrations: primaryMigrations })
  for (const statement of primaryGrants(roles, identifier)) await owner.query(statement)
  projectorUrl = as(url, roles.projector)
  writer = await open(as(url, roles.writer))
  projector = await open(projectorUrl)
  stranger = await open(as(url, await newRole(superuser)))
  await insertEvents(owner, 'first')
})

afterAll(async () => {
  await Promise.all([owner, writer, projector, stranger].map((connection) => connection.end()))
})

describe('a writer', () => {
  afterEach(async () => {
    await writer.query('rollback')
  })

  test('can append, in all ways', async () => {
    await writer.query('begin')
    const one = await append(writer, event)
    const [two, three] = await append(writer, [event, event])
    const { text, values } = appendClause(event)
    const four = (await writer.query(text, values)).rows[0] as { position: number }
    const [five] = await insertEvents(writer, 'plain')
    await writer.query('commit')
    expect([two, three, four].map((each) => each!.position)).toEqual([1, 2, 3].map((n) => one.position + n))
    expect(five).toBe(one.position + 4)
  })

  test.each([
    ['read payloads', 'select payload from cornerman.outbox'],
    ['read whole rows', 'select * from cornerman.outbox'],
    ['read a partition', 'select position from cornerman.outbox_p1'],
    [
      'append to a partition',
      `insert into cornerman.outbox_p1 (aggregatetype, aggregateid, type, payload) values ('a', 'b', 'c', '{}')`,
    ],
    ['update a row', `update cornerman.outbox set type = 'x'`],
    ['delete a row', 'delete from cornerman.outbox'],
    ['empty the outbox', 'truncate cornerman.outbox'],
    [
      'set its own position',
      `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload, position) values ('a', 'b', 'c', '{}', 1)`,
    ],
    [
      'set its own time',
      `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload, recorded_at) values ('a', 'b', 'c', '{}', now())`,
    ],
    ['set the sequence', `select setval('cornerman.outbox_position', 1)`],
    ['make partitions', 'select cornerman.extend_outbox()'],
    ['empty a partition', `select cornerman.empty_outbox_partition('outbox_p1')`],
    ['drop a partition', `select cornerman.drop_outbox_partition('outbox_p1')`],
    ['lift positions', 'select cornerman.lift(1, 1)'],
    ['read the books', 'select * from cornerman.checkpoints'],
    ['take a lease', `insert into cornerman.leases (name) values ('x')`],
  ])('cannot %s', async (_, statement) => {
    await expect(writer.query(statement)).rejects.toMatchObject(denied)
  })
})

describe('a projector', () => {
  let pool: Pool

  beforeAll(() => {
    pool = openPool({ url: projectorUrl, applicationName: 'projector', max: 3 })
  })

  afterAll(() => pool.end())

  test('can do what the outbox feed needs', async () => {
    const feed = outboxFeed({ url: projectorUrl, pool, holder: 'projector' })
    const { signal } = new AbortController()
    const session = await feed.open({ projection: 'p', store: 's', types: ['Happened'], signal })
    const batch = await session!.next(1, signal)
    expect(JSON.parse(batch.events[0]!.payload)).toMatchObject({ type: 'Happened' })
    await session!.commit(batch, { watermarks: {}, contentPosition: 0 })
    await session!.close()
    const { rows } = await owner.query('select position from cornerman.checkpoints')
    expect(rows).toEqual([{ position: 1 }])
  })

  test('can look after the outbox: append the heartbeat, make and drop partitions', async () => {
    await projector.query('begin')
    await append(projector, event)
    await projector.query('rollback')
    await extendOutbox(pool)
    expect(await pruneOutbox(pool, { retentionMs: 0, force: true })).toEqual([])
  })

  test('can lift versions and positions', async () => {
    await projector.query('begin; select cornerman.lift(0, 0); rollback')
  })

  test.each([
    ['update a row', `update cornerman.outbox set type = 'x'`],
    ['delete a row', 'delete from cornerman.outbox'],
    [
      'set its own position',
      `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload, position) values ('a', 'b', 'c', '{}', 1)`,
    ],
    ['move the floor', 'update cornerman.outbox_state set floor = 0'],
    ['drop the outbox', 'drop table cornerman.outbox'],
    ['pretend a migration', `insert into cornerman.migrations values (99, 'x', 99)`],
  ])('cannot %s', async (_, statement) => {
    await expect(projector.query(statement)).rejects.toMatchObject(denied)
  })
})

test('a role that was granted nothing sees nothing of the schema', async () => {
  for (const statement of [
    'select position from cornerman.outbox',
    'select cornerman.extend_outbox()',
    `select nextval('cornerman.version')`,
    'select * from cornerman.leases',
  ])
    await expect(stranger.query(statement)).rejects.toMatchObject(denied)
})

describe('lifting', () => {
  let db: Connection

  beforeAll(async () => {
    db = await connect({ url: await ownedByRole(await newDatabase()), applicationName: 'lift' })
    await migrate(db, { table: 'migrations', migrations: primaryMigrations })
    await usePartitionsOf(db, 1_000)
  })

  afterAll(() => db.end())

  const version = async () =>
    (await db.query(`select nextval('cornerman.version') as version`)).rows[0]!['version'] as number

  test('does nothing to what is above all that was seen', async () => {
    for (let i = 0; i < 5; i++) await version()
    const [position] = await insertEvents(db, 'a')
    await db.query('select cornerman.lift(4, 0)')
    expect(await version()).toBe(6)
    expect(await insertEvents(db, 'b')).toEqual([position! + 1])
  })

  test('hands out versions and positions above all that was seen, and has partitions for them', async () => {
    await db.query('select cornerman.lift(5000, 7000000)')
    expect(await version()).toBeGreaterThan(5_000)
    const [position] = await insertEvents(db, 'c')
    expect(position).toBeGreaterThan(7_000_000)
    expect(await insertEvents(db, 'd', 1_500)).toHaveLength(1_500)
  })
})
