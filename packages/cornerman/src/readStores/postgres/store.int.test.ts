import { Pool } from 'pg'
import { test } from 'vitest'
import { newReadDatabase } from '../../testing/databases.ts'
import { readStoreContract } from '../../testing/readStoreContract.ts'
import { postgres } from './declaration.ts'
import { postgresReader } from './reader.ts'
import { postgresStore } from './store.ts'

const declaration = postgres({
  columns: { name: 'text', points: 'integer' },
  indexes: ['(group_id, points desc)'],
  search: { text: ['name'], fuzzy: ['name'] },
})
let url: Promise<string> | undefined

readStoreContract(test, async () => {
  url ??= newReadDatabase()
  const store = postgresStore(await url, { applicationName: 'contract' })
  const readers = new Pool({ connectionString: await url, max: 4 })
  return {
    store,
    shape: declaration.shape,
    refusedDocument: JSON.stringify({ name: 'x', points: 'many' }),
    async readLive(projection, version) {
      const reader = postgresReader({ pool: readers, projection, version })
      if ((await store.liveGeneration(projection, version)) === null) return null
      const { rows } = await readers.query<{ group_id: string; slug: string; document: unknown }>(
        `select * from ${reader.view} order by group_id, slug`,
      )
      return rows.map((row) => ({ key: [row.group_id, row.slug], document: row.document }))
    },
    async close() {
      await store.close()
      await readers.end()
    },
  }
})
