import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandSide, openCommandSide } from '../commandSide.ts'
import { until } from '../waits.ts'

let command: CommandSide

beforeAll(async () => {
  command = await openCommandSide()
})
afterAll(() => command?.close())

test('a connection that is cut between two statements of a command fails that command, not the service', async () => {
  const cut = command.db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
    const isThere = `select count(*)::int as count from pg_stat_activity where pid = ${rows[0]!.pid}`
    await command.rows(`select pg_terminate_backend(${rows[0]!.pid})`)
    await until('it is cut', async () => (await command.rows<{ count: number }>(isThere))[0]!.count === 0)
    await sql`select 1`.execute(trx)
  })
  await expect(cut).rejects.toThrow()
  expect((await command.done('/athletes', { name: 'Afterwards' })).ok).toBe(true)
})
