import { openPool, type Pool } from '../../database.ts'
import { CornermanError, messageOf } from '../../errors.ts'
import { faultKind, isUndefinedTable } from '../../postgresFault.ts'
import type { GenerationRef, ReadStore, StoreSetup } from '../../readStore.ts'
import { createTable, dropTable, type Layout, layoutOf, readLayout } from './generation.ts'
import { tableOf } from './names.ts'
import { liveGeneration, promoteTable } from './promote.ts'
import { readWatermarks, writeWatermark } from './watermark.ts'
import { readDocuments, scanDocuments, writeDocuments } from './write.ts'

/** The read store in PostgreSQL: a generation is a table, the live name is a view. */
export function postgresStore(url: string, { applicationName }: Pick<StoreSetup, 'applicationName'>): ReadStore {
  const pool = openPool({ url, applicationName, max: 6 })
  const layouts = new Map<string, Layout>()

  async function layout(ref: GenerationRef): Promise<Layout> {
    const known = layouts.get(tableOf(ref))
    if (known !== undefined) return known
    const read = await readLayout(pool, ref)
    if (read === undefined) throw generationGone(ref)
    layouts.set(tableOf(ref), read)
    return read
  }

  /** Runs a call on one generation; what goes wrong becomes one of the errors that the contract names. */
  async function on<T>(ref: GenerationRef, work: (layout: Layout, pool: Pool) => Promise<T>): Promise<T> {
    return answering(async () => {
      try {
        return await work(await layout(ref), pool)
      } catch (error) {
        if (!isUndefinedTable(error)) throw error
        layouts.delete(tableOf(ref))
        throw generationGone(ref)
      }
    })
  }

  return {
    kind: 'postgres',
    createGeneration: (ref, shape) => answering(() => createTable(pool, layoutOf(ref, shape))),
    hasGeneration: (ref) => answering(async () => (await readLayout(pool, ref)) !== undefined),
    dropGeneration: (ref) =>
      answering(async () => {
        layouts.delete(tableOf(ref))
        await dropTable(pool, ref)
      }),
    write: (ref, version, documents) => on(ref, (of) => writeDocuments(pool, of, version, documents)),
    makeSearchable: async () => undefined,
    read: (ref, keys) => on(ref, (of) => readDocuments(pool, of, keys)),
    scan: (ref, page) => on(ref, (of) => scanDocuments(pool, of, page)),
    versionMax: (ref) =>
      on(
        ref,
        async ({ table }) =>
          (await pool.query<{ max: number }>(`select coalesce(max(_version), 0) as max from ${table}`)).rows[0]!.max,
      ),
    readWatermarks: (ref) => answering(() => readWatermarks(pool, ref)),
    writeWatermark: (ref, watermark, expected) => answering(() => writeWatermark(pool, ref, watermark, expected)),
    liveGeneration: (projection, version) => answering(() => liveGeneration(pool, projection, version)),
    promote: (to, from) => on(to, (of) => promoteTable(pool, of, from)),
    purgeTombstones: (ref, ageMs) =>
      on(ref, async ({ table }) => {
        const { rowCount } = await pool.query(
          `delete from ${table} where _deleted_at < statement_timestamp() - $1 * interval '1 millisecond'`,
          [ageMs],
        )
        return rowCount ?? 0
      }),
    close: () => pool.end(),
  }
}

async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CornermanError || faultKind(error) === 'definition') throw error
    throw new CornermanError('STORE_UNREACHABLE', `the read store postgres does not answer: ${messageOf(error)}`, {
      hint: 'check that the server at READ_DATABASE_URL runs and takes connections; the projector goes on by itself',
      cause: error,
    })
  }
}

function generationGone(ref: GenerationRef): CornermanError {
  return new CornermanError('GENERATION_GONE', `the read store has no generation ${tableOf(ref)}`, {
    hint: 'the list of generations is read again by itself; a store that was emptied is filled from the primary',
  })
}
