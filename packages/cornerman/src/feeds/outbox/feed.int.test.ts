import { test } from 'vitest'
import { connect, openPool } from '../../database.ts'
import { append } from '../../outbox/append.ts'
import { newPrimary } from '../../testing/databases.ts'
import { feedContract } from '../../testing/feedContract.ts'
import { outboxFeed } from './feed.ts'

feedContract(test, async () => {
  const url = await newPrimary()
  const pool = openPool({ url, applicationName: 'contract', max: 6 })
  const writers: { end(): Promise<void> }[] = []
  return {
    feed: outboxFeed({ url, pool, holder: 'one' }),
    otherFeed: outboxFeed({ url, pool, holder: 'other' }),
    async begin() {
      const connection = await connect({ url, applicationName: 'writer' })
      writers.push(connection)
      await connection.query('begin')
      return {
        append: async (name) =>
          (await append(connection, { type: 'Happened', aggregateType: 'thing', aggregateId: name, payload: { name } }))
            .position,
        commit: async () => void (await connection.query('commit')),
        rollback: async () => void (await connection.query('rollback')),
      }
    },
    async close() {
      for (const writer of writers) await writer.end()
      await pool.end()
    },
  }
})
