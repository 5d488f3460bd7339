import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandSide, openCommandSide } from '../commandSide.ts'
import { until } from '../waits.ts'

let command: CommandSide

beforeAll(async () => {
  command = await openCommandSide()
})
afterAll(() => command?.close())

test('a connection that is cut between two statements of a command fails that command, not the service', async () => {
  const inTransaction = `from pg_stat_activity where datname = current_database() and application_name = 'command-service' and state = 'idle in transaction'`
  const cut = command.db.transaction().execute(async (trx) => {
    const statement = trx.selectFrom('tournament.athletes').select('id').limit(1)
    await statement.execute()
    expect(await command.rows(`select pg_terminate_backend(pid) ${inTransaction}`)).toHaveLength(1)
    await until('it is cut', async () => (await command.rows(`select pid ${inTransaction}`)).length === 0)
    await statement.execute()
  })
  await expect(cut).rejects.toThrow()
  expect((await command.done('/athletes', { name: 'Afterwards' })).ok).toBe(true)
})
