import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../testing/commandLine.ts'
import { newDatabase, newPrimary, newReadDatabase, withConnection } from '../testing/databases.ts'
import { openShop, orderId, type Shop } from '../testing/shop.ts'

let shop: Shop
let reads: string

beforeEach(async () => {
  reads = await newReadDatabase()
  shop = await openShop({ primary: await newPrimary(), reads })
})

afterEach(() => shop.close())

const documents = () =>
  withConnection(reads, async (connection) => {
    const { rows } = await connection.query<{ id: string; share: number }>(
      'select id, share from read_models.orders_v1 order by id',
    )
    return rows
  })

const three = [10, 20, 30].map((share, i) => ({ id: orderId(i + 1), share }))

describe('project --once', () => {
  test('builds the read models, says how far they are, and stops', async () => {
    const { code, out, err } = await shop.cli.run('project', '--once')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^orders v1: up to date with position \d+ of the outbox\n$/)
    expect(await documents()).toEqual(three)
  })

  test('brings them up to date with what has been committed since', async () => {
    await shop.cli.run('project', '--once')
    await shop.connection.query('update orders set total = 40 where total = 30')
    expect((await shop.cli.run('project', '--once')).code).toBe(0)
    expect(await documents()).toEqual([...three.slice(0, 2), { id: orderId(3), share: 40 }])
  })

  test('prints one JSON value on standard output, and its log elsewhere', async () => {
    delete shop.cli.env['LOG_LEVEL']
    const { code, out, err } = await shop.cli.run('project', '--once', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({ position: expect.any(Number) as number, projections: ['orders v1'] })
    const log = err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string })
    expect(log.map(({ msg }) => msg)).toContain('building the first generation of orders v1')
  })

  test('on a terminal logs lines for people', async () => {
    delete shop.cli.env['LOG_LEVEL']
    shop.cli.isTerminal = true
    const { err } = await shop.cli.run('project', '--once')
    expect(err).toMatch(/^\d\d:\d\d:\d\d {2}orders: projecting \(versions 1\)$/m)
    expect(err).toMatch(/^\d\d:\d\d:\d\d {2}orders: building the first generation of orders v1 /m)
  })

  test('parks what cannot be computed, and still comes to its end', async () => {
    await shop.connection.query('update orders set shares = 0 where total = 20')
    expect((await shop.cli.run('project', '--once')).code).toBe(0)
    expect(await documents()).toEqual([three[0], three[2]])
  })
})

describe('project', () => {
  test('runs until Ctrl-C, and is done then', async () => {
    const running = shop.cli.start('project')
    await eventually(
      async () => ((await documents().catch(() => [])).length === 3 ? true : undefined),
      'the first build',
    )
    await shop.connection.query('delete from orders where total = 10')
    await eventually(async () => ((await documents()).length === 2 ? true : undefined), 'the delete')
    running.interrupt()
    expect(await running.ended).toEqual({ code: 0, out: '', err: '' })
  })

  test('refuses definitions that are not sound, all of them at once, before it begins', async () => {
    shop.configure('now()')
    const { code, err } = await shop.cli.run('project')
    expect(code).toBe(1)
    expect(err).toMatch(
      /^PROJECTION_INVALID: the configuration has 1 problem:\n {2}- orders v1, document: calls now\(\)/,
    )
    const { rows } = await shop.connection.query('select 1 from cornerman.leases')
    expect(rows).toEqual([])
  })

  test('refuses a primary that is not migrated', async () => {
    shop.cli.env['DATABASE_URL'] = await newDatabase()
    const { code, err } = await shop.cli.run('project', '--once')
    expect(code).toBe(1)
    expect(err).toMatch(/^SCHEMA_MISSING: the primary lacks the migrations/)
  })

  test('refuses a read store that is not migrated', async () => {
    shop.cli.env['READ_DATABASE_URL'] = await newDatabase()
    const { code, err } = await shop.cli.run('project', '--once')
    expect(code).toBe(1)
    expect(err).toMatch(/^SCHEMA_MISSING: the read database lacks the migrations/)
  })

  test('waits for a primary that is away, says why once, and ends on Ctrl-C', async () => {
    shop.cli.isTerminal = true
    shop.cli.env['LOG_LEVEL'] = 'warn'
    shop.cli.env['DATABASE_URL'] = 'postgres://postgres:secret@127.0.0.1:1/away'
    const running = shop.cli.start('project')
    await eventually(() => (running.err().includes('\n') ? true : undefined), 'a word of the wait')
    running.interrupt()
    const { code, err } = await running.ended
    expect(code).toBe(0)
    expect(err).toMatch(/^\S+ {2}warning: waiting for the primary: cannot connect to postgres:\/\/postgres:\*\*\*@/)
    expect(err.match(/waiting for the primary/g)).toHaveLength(1)
  })

  test('--once that is interrupted says that it was not done', async () => {
    // A store that hangs: nothing is built while its tables are locked.
    await withConnection(reads, async (blocker) => {
      await blocker.query('begin; lock table cornerman.store_generations in access exclusive mode')
      const running = shop.cli.start('project', '--once')
      await eventually(async () => {
        const { rows } = await shop.connection.query('select 1 from cornerman.leases where token is not null')
        return rows.length > 0 ? true : undefined
      }, 'the lease')
      running.interrupt()
      await blocker.query('rollback')
      const { code, err } = await running.ended
      expect(code).toBe(130)
      expect(err).toMatch(/^INTERRUPTED: stopped before /)
    })
  })
})
