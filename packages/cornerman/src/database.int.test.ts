import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'vitest'
import { connect, type Connection, inTransaction, openPool, type Pool } from './database.ts'
import { newDatabase } from './testing/databases.ts'
import { backendOf, until } from './testing/waits.ts'

let pool: Pool
let other: Connection

beforeEach(async () => {
  const url = await newDatabase()
  pool = openPool({ url, applicationName: 'pool', max: 1 })
  other = await connect({ url, applicationName: 'other' })
})

afterEach(async () => {
  await pool.end()
  await other.end()
})

test('a connection that is cut while its transaction waits for its owner fails that transaction, not the process', async () => {
  const cut = inTransaction(pool, async (client) => {
    const ended = new Promise((resolve) => client.once('end', resolve))
    await other.query('select pg_terminate_backend($1)', [await backendOf(client)])
    await ended
    await client.query('select 1')
  })
  await assert.rejects(cut)
  const works = async () => (await pool.query<{ one: number }>('select 1 as one')).rows[0]!.one === 1
  await until('the pool works again', works)
})
