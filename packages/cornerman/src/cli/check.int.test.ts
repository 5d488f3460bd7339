import { afterEach, beforeEach, expect, test } from 'vitest'
import { newPrimary, newReadDatabase } from '../testing/databases.ts'
import { openShop, type Shop } from '../testing/shop.ts'

let shop: Shop

beforeEach(async () => {
  shop = await openShop({ primary: await newPrimary(), reads: await newReadDatabase() })
})

afterEach(() => shop.close())

test('what is sound is said to be so, with exit code 0', async () => {
  expect(await shop.cli.run('check')).toEqual({ code: 0, out: 'checked orders v1: nothing found\n', err: '' })
  expect(await shop.cli.run('check', 'orders', '--json')).toEqual({ code: 0, out: '{\n  "problems": []\n}\n', err: '' })
})

test('errors and warnings are listed with their cure, with exit code 1', async () => {
  shop.configure('now()')
  expect(await shop.cli.run('check')).toEqual({
    code: 1,
    out: [
      'error    orders v1, document: calls now(): the document would change without any event',
      '         Try: let time enter as a row, and its moving as an event that names the keys',
      `warning  orders v1, document: the text for the key 00000000-0000-4000-8000-000000000001 depends on the session's time zone`,
      `         Try: cornerman pins it to UTC; say it in the query if others run it too: at time zone 'UTC'`,
      '',
      'checked orders v1: 1 error, 1 warning',
      '',
    ].join('\n'),
    err: '',
  })
  const { code, out } = await shop.cli.run('check', '--json')
  expect(code).toBe(1)
  expect((JSON.parse(out) as { problems: object[] }).problems).toMatchObject([
    { severity: 'error', where: 'orders v1, document', hint: expect.stringContaining('let time enter') as string },
    { severity: 'warning', where: 'orders v1, document' },
  ])
})

test('warnings alone leave the exit code 0', async () => {
  await shop.connection.query('update orders set shares = 0 where total = 10')
  const { code, out } = await shop.cli.run('check')
  expect(code).toBe(0)
  expect(out).toContain('warning  orders v1, document: fails for 1 of the first 3 keys')
  expect(out).toContain('checked orders v1: 0 errors, 1 warning\n')
})

test('--plan shows how one document is read', async () => {
  const { code, out } = await shop.cli.run('check', '--plan')
  expect(code).toBe(0)
  expect(out).toMatch(/^orders v1, the plan for one key:\n.*cost=/)
  const { plans } = JSON.parse((await shop.cli.run('check', '--plan', '--json')).out) as {
    plans: Record<string, string>
  }
  expect(plans['orders v1']).toContain('orders')
})

test('--plan says so when there is no key to plan for', async () => {
  await shop.connection.query('delete from orders')
  expect((await shop.cli.run('check', '--plan')).out).toContain('there is no key to plan for')
})
