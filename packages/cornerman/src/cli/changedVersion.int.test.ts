import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newPrimary, newReadDatabase, withConnection } from '../testing/databases.ts'
import { openShop, type Shop } from '../testing/shop.ts'

let shop: Shop

beforeEach(async () => {
  shop = await openShop({ primary: await newPrimary(), reads: await newReadDatabase() })
  expect(await shop.cli.run('project', '--once')).toMatchObject({ code: 0 })
  const config = shop.cli.read('cornerman.config.mjs')
  shop.cli.write('next.mjs', config.replace('version: 1', 'version: 2'))
})

afterEach(() => shop.close())

const page = readFileSync(new URL('../../../../docs/how-to/change-a-projection.md', import.meta.url), 'utf8')
const [onPrimary, inStore] = [...page.matchAll(/^```sql\n([^]*?)^```/gm)].map(([, text]) => text!)

test('check warns of a version that is still fed and no longer in the configuration', async () => {
  const { code, out } = await shop.cli.run('check', '--config', 'next.mjs')
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(
      /^warning {2}orders: it has a generation of version 1, which is not in the configuration: projectors stand by\n {9}Try: put that version beside the others, or retire it/,
    ) as string,
  ])
})

test('a version is retired as the page says, and the next one is built', async () => {
  await shop.connection.query(onPrimary!)
  await withConnection(shop.cli.env['READ_DATABASE_URL']!, (connection) => connection.query(inStore!))
  expect(await shop.cli.run('check', '--config', 'next.mjs')).toMatchObject({
    code: 0,
    out: 'checked orders v2: nothing found\n',
  })
  const { code, out } = await shop.cli.run('project', '--once', '--config', 'next.mjs')
  expect([code, out]).toEqual([0, expect.stringContaining('orders v2: up to date') as string])
  expect((await shop.cli.run('status', '--config', 'next.mjs')).out).toMatch(/^orders v2 +postgres +FRESH/m)
})
