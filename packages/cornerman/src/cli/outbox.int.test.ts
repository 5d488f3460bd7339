import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newPrimary, newReadDatabase } from '../testing/databases.ts'
import { openShop, type Shop } from '../testing/shop.ts'

let shop: Shop

beforeEach(async () => {
  shop = await openShop({ primary: await newPrimary(), reads: await newReadDatabase() })
  await shop.connection.query('create table carts (id bigint primary key, customer_id uuid)')
})

afterEach(() => shop.close())

const events = async () => {
  const { rows } = await shop.connection.query<{ type: string; payload: object }>(
    `select type, payload from cornerman.outbox where aggregatetype = 'carts' order by position`,
  )
  return rows
}

describe('outbox trigger', () => {
  const insert = 'insert into carts values (7, null)'

  test('prints statements, and runs them only with --apply', async () => {
    const { code, out } = await shop.cli.run('outbox', 'trigger', 'public.carts', '--column', 'customer_id')
    expect(code).toBe(0)
    expect(out).toMatch(/create or replace trigger .* on "public"\."carts"/)
    expect(out).toMatch(/\n-- run it with your migrations, or again with --apply\n$/)
    await shop.connection.query(insert)
    expect(await events()).toEqual([])
    await shop.connection.query(`delete from carts; ${out}`)
    await shop.connection.query(insert)
    expect(await events()).toMatchObject([{ type: 'CartsInserted', payload: { customer_id: null } }])
  })

  test('--apply makes the trigger', async () => {
    const { code, out } = await shop.cli.run('outbox', 'trigger', 'public.carts', '--apply', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ applied: true, sql: expect.stringContaining('CartsInserted') as string })
    await shop.connection.query(insert)
    expect(await events()).toMatchObject([{ type: 'CartsInserted' }])
  })

  test('refuses a table that is not there', async () => {
    expect(await shop.cli.run('outbox', 'trigger', 'public.nothing')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TABLE_UNKNOWN: there is no table public.nothing\nTry: /) as string,
    })
  })
})

describe('outbox prune', () => {
  /** Ten events in partitions of four: those of the first two partitions are a month old. */
  async function oldEvents(): Promise<void> {
    await shop.connection.query(`
      update cornerman.outbox_state set partition_size = 4;
      delete from cornerman.outbox;
      do $$ declare part text; begin
        for part in select name from cornerman.outbox_partitions loop
          execute format('drop table cornerman.%I', part);
          delete from cornerman.outbox_partitions where name = part;
        end loop;
      end $$;
      select cornerman.extend_outbox();
      insert into cornerman.outbox (aggregatetype, aggregateid, type, payload) select 'a', i::text, 'T', '{}' from generate_series(1, 10) i;
      update cornerman.outbox set recorded_at = recorded_at - interval '30 days' where position <= 8;`)
  }

  const readUpTo = (position: number) =>
    shop.connection.query(
      `insert into cornerman.checkpoints (projection, store, position) values ('orders', 'postgres', $1) on conflict (projection, store) do update set position = $1`,
      [position],
    )

  const positions = async () =>
    (await shop.connection.query<{ position: number }>('select position from cornerman.outbox order by 1')).rows.map(
      (row) => row.position,
    )

  test('drops what is old and has been read, and says what', async () => {
    await oldEvents()
    await readUpTo(6)
    const { code, out } = await shop.cli.run('outbox', 'prune', '--retention', '7d')
    expect(code).toBe(0)
    expect(out).toMatch(/^dropped \S+\n$/)
    expect(Math.min(...(await positions()))).toBeGreaterThan(4)
    expect(await positions()).toContain(6)
    expect(await shop.cli.run('outbox', 'prune', '--json')).toEqual({
      code: 0,
      out: '{\n  "dropped": []\n}\n',
      err: '',
    })
  })

  test('keeps what is younger than the retention', async () => {
    await oldEvents()
    await readUpTo(100)
    expect(await shop.cli.run('outbox', 'prune', '--retention', '60d')).toMatchObject({
      code: 0,
      out: 'nothing may be dropped\n',
    })
    expect(await positions()).toHaveLength(10)
  })

  test('--force drops what has not been read, too', async () => {
    await oldEvents()
    await readUpTo(0)
    expect((await shop.cli.run('outbox', 'prune')).out).toBe('nothing may be dropped\n')
    expect((await shop.cli.run('outbox', 'prune', '--force')).out).toMatch(/^dropped \S+/)
    expect(Math.min(...(await positions()))).toBeGreaterThan(4)
  })

  test('refuses a retention that is none', async () => {
    expect(await shop.cli.run('outbox', 'prune', '--retention', 'a week')).toEqual({
      code: 2,
      out: '',
      err: 'COMMAND_INVALID: expected --retention to be a duration such as 7d, got: a week\nTry: cornerman outbox prune --retention 12h\n',
    })
  })
})
