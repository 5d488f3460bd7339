import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { append } from '../outbox/append.ts'
import type { ProjectionStatus } from '../freshness/status.ts'
import { CommandLine, eventually } from '../testing/commandLine.ts'
import { newPrimary, newReadDatabase } from '../testing/databases.ts'
import { as, newRole } from '../testing/roles.ts'
import { openShop, orderId, type Shop } from '../testing/shop.ts'

let shop: Shop

beforeEach(async () => {
  shop = await openShop({ primary: await newPrimary(), reads: await newReadDatabase() })
})

afterEach(() => shop.close())

async function statusOf(): Promise<ProjectionStatus> {
  const { out } = await shop.cli.run('status', '--json')
  return (JSON.parse(out) as { projections: ProjectionStatus[] }).projections[0]!
}

const until = (is: (status: ProjectionStatus) => boolean) =>
  eventually(async () => {
    const status = await statusOf()
    return is(status) ? status : undefined
  }, 'the state')

async function appendGuess(): Promise<void> {
  await shop.connection.query('begin')
  await append(shop.connection, {
    type: 'OrderGuessed',
    aggregateType: 'order',
    aggregateId: '1',
    payload: { guess: 'no, uuid' },
  })
  await shop.connection.query('commit')
}

test('before anything ran, the state is UNKNOWN and the next step is named', async () => {
  const { code, out, err } = await shop.cli.run('status')
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(
    new RegExp(
      [
        '^PROJECTION  STORE     STATE    STALENESS  BEHIND  GENERATIONS  PROJECTOR',
        'orders v1   postgres  UNKNOWN  \\?          \\?       none         no projector',
        '',
        'orders v1',
        '  not built yet: the first projector builds it',
        '  Try: cornerman project orders',
        '',
        'outbox: ends at position 0, \\d\\.\\d MB',
        // Another suite's transaction holds back this database's gaps too.
        '(oldest transaction: .*\n)?$',
      ].join('\n'),
    ),
  )
  expect(await shop.cli.run('status', '--exit-code')).toMatchObject({ code: 1 })
})

test('while all is well, the state is FRESH and nothing is to be done', async () => {
  const running = shop.cli.start('project')
  await until(({ state }) => state === 'FRESH')
  const { code, out } = await shop.cli.run('status', '--exit-code')
  expect(code).toBe(0)
  expect(out).toMatch(/^orders v1 {3}postgres {2}FRESH {2}\S+ m?s +\d+ +g1 live +\S+:\d+$/m)
  expect(out).not.toContain('Try:')
  expect(await statusOf()).toMatchObject({
    projection: 'orders',
    state: 'FRESH',
    slaMs: 30_000,
    generations: [{ number: 1, state: 'live' }],
    active: { holder: expect.stringContaining(`:${process.pid}`) as string },
    parkedKeys: 0,
    storeFault: null,
  })
  running.interrupt()
  await running.ended
  const after = await shop.cli.run('status')
  expect(after.out).toContain('\n  no projector is active\n  Try: cornerman project orders\n')
})

test('what is parked is shown with its reason', async () => {
  await shop.connection.query('update orders set shares = 0 where total = 10')
  const running = shop.cli.start('project')
  await until(({ state }) => state === 'DEGRADED')
  await appendGuess()
  await until(({ parkedKeys }) => parkedKeys === 2)
  const { out } = await shop.cli.run('status')
  expect(out).toContain('\n  parked: 2 keys\n')
  expect(out).toMatch(
    new RegExp(
      `\n    ${orderId(1)}\n      DOCUMENT_FAILED: division by zero\n      parked \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC, tried (once|\\d+ times)\n`,
    ),
  )
  expect(out).toMatch(/\n {4}no, uuid\n {6}KEY_MALFORMED: invalid input syntax for type uuid: "no, uuid"\n/)
  expect(out).toContain('\n  Try: mend the cause, then cornerman retry orders\n')
  expect(await shop.cli.run('status', '--exit-code')).toMatchObject({ code: 1 })
  running.interrupt()
  await running.ended
})

test('a store that cannot be reached makes the state UNKNOWN, never FRESH', async () => {
  await shop.cli.run('project', '--once')
  shop.cli.env['READ_DATABASE_URL'] = 'postgres://reader:secret@127.0.0.1:1/reads'
  const { code, out } = await shop.cli.run('status', '--exit-code')
  expect(code).toBe(1)
  expect(out).toMatch(/^orders v1 {3}postgres {2}UNKNOWN {2}\? +\? +g1 live/m)
  expect(out).toContain('\n  the store could not be asked: cannot connect to postgres://reader:***@127.0.0.1:1/reads')
  expect(await statusOf()).toMatchObject({ state: 'UNKNOWN', stalenessMs: null, position: null })
  delete shop.cli.env['READ_DATABASE_URL']
  expect((await shop.cli.run('status')).out).toContain('the store could not be asked: READ_DATABASE_URL is not set')
})

describe('the lines of a projection in trouble', () => {
  test('say what its projector waits for, and what is being refreshed', async () => {
    await shop.cli.run('project', '--once')
    await shop.connection.query(`
      update cornerman.checkpoints set lost = 'the store was emptied', trouble = '{"reason": "connection refused", "since": "2026-11-23 20:41:07.1+00", "hint": "start the server"}',
        new_gaps = '[[5, 6]]';
      update cornerman.leases set token = gen_random_uuid(), holder = 'other:1', renewed_at = now() - interval '5 minutes' where name like 'projector/%'`)
    await shop.cli.run('refresh', 'orders', '--no-wait')
    const { out } = await shop.cli.run('status')
    expect(out).toContain('orders v1   postgres  LOST')
    for (const line of [
      'the active projector has given no sign for 5 min: another one takes over',
      'refreshing (asked for by hand): 0 keys so far',
      '2 outbox positions not visible yet: a transaction is open',
      'LOST: the store was emptied',
      'the projector waits since 2026-11-23 20:41:07 UTC: connection refused',
      'Try: start the server',
    ])
      expect(out).toContain(`\n  ${line}\n`)
  })

  test('tell a projector that may not write what another role has made how to go on', async () => {
    await shop.cli.run('project', '--once')
    const role = await newRole(shop.cli.env['DATABASE_URL']!)
    await shop.connection.query(`grant select on orders to "${role}"`)
    await shop.cli.run('migrate', '--projector', role)
    const asRole = (name: string) => as(shop.cli.env[name]!, role)
    const theirs = new CommandLine({
      DATABASE_URL: asRole('DATABASE_URL'),
      READ_DATABASE_URL: asRole('READ_DATABASE_URL'),
      LOG_LEVEL: 'silent',
    })
    theirs.write('cornerman.config.mjs', shop.cli.read('cornerman.config.mjs'))
    const projecting = theirs.start('project')
    await shop.connection.query('update orders set total = total + 1')
    const { out } = await eventually(async () => {
      const ran = await shop.cli.run('status')
      return ran.out.includes('the projector waits') ? ran : undefined
    }, 'a projector that waits')
    projecting.interrupt()
    await projecting.ended
    await theirs.close()
    expect(out).toMatch(
      /the projector waits since .*: permission denied for table orders_v1_g1\n {2}Try: .*alter table … owner to/,
    )
  })

  test('name the transaction that has been open for long', async () => {
    const { rows } = await shop.connection.query<{ pid: number }>('select pg_backend_pid() as pid')
    await shop.connection.query(`begin; select pg_current_xact_id()`)
    const { out } = await eventually(async () => {
      const ran = await shop.cli.run('status')
      return ran.out.includes('oldest transaction') ? ran : undefined
    }, 'an old transaction')
    await shop.connection.query('rollback')
    expect(out).toMatch(new RegExp(`\noldest transaction: open for \\d+\\.\\d s, pid ${rows[0]!.pid} \\(shop\\)\n$`))
  })
})
