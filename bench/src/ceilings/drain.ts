import type { Pool } from 'pg'
import { copyAll } from './documents.ts'

interface OutboxRow {
  position: string
  payload: { id: number }
}

const pageQuery = 'select position, payload from cornerman.outbox where position > $1 order by position limit $2'

/** Reads the outbox by a cursor and copies the documents that each page names; the next page is read meanwhile. */
export async function drain(
  write: Pool,
  read: Pool,
  range: { after: number; upTo: number },
  { pageEvents, batchKeys }: { pageEvents: number; batchKeys: number },
): Promise<void> {
  const page = async (after: number) => (await write.query<OutboxRow>(pageQuery, [after, pageEvents])).rows
  const lastOf = (rows: readonly OutboxRow[]) => Number(rows.at(-1)?.position ?? range.upTo)
  let rows = await page(range.after)
  while (rows.length > 0) {
    const upcoming = lastOf(rows) < range.upTo ? page(lastOf(rows)) : Promise.resolve([])
    await copyAll(write, read, [...new Set(rows.map(({ payload }) => payload.id))], batchKeys)
    rows = await upcoming
  }
}
