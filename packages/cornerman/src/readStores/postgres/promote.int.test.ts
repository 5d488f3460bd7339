import { expect, test } from 'vitest'
import { newReadDatabase, withConnection } from '../../testing/databases.ts'
import { postgresStore } from './store.ts'

test('what goes live has statistics: the first plans of its readers rest on them', async () => {
  const url = await newReadDatabase()
  const store = postgresStore(url, { applicationName: 'promotion' })
  const ref = { projection: 'things', version: 1, number: 1 }
  try {
    await store.createGeneration(ref, { key: { id: 'integer' }, shape: {} })
    const documents = Array.from({ length: 50 }, (_, i) => ({ key: [String(i)], document: '{}' }))
    await store.write(ref, 1, documents)
    expect(await store.promote(ref, null)).toEqual({ outcome: 'promoted' })
    const rows = await withConnection(
      url,
      async (connection) =>
        (await connection.query(`select reltuples from pg_class where relname = 'things_v1_g1'`)).rows,
    )
    expect(rows).toEqual([{ reltuples: 50 }])
  } finally {
    await store.close()
  }
})
