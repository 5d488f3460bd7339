import { isDeepStrictEqual } from 'node:util'
import type { Pool } from 'pg'
import { rowsOf } from './databases.ts'

const itemsPerShelf = 50

export async function createItems(write: Pool, count: number): Promise<void> {
  await write.query(`
    create table shelves (id integer primary key, name text not null);
    create table items (id integer primary key, shelf_id integer not null references shelves, name text not null, count integer not null,
      price integer not null, note text not null);
    create schema published;
    create view published.shelves as select id, name from shelves;
    create view published.items as select id, shelf_id, name, count, price, note from items;`)
  await write.query(`insert into shelves select i, 'shelf ' || i from generate_series(0, $1::int) i`, [
    Math.floor(count / itemsPerShelf),
  ])
  await write.query(
    `insert into items select i, i / $2::int, 'item ' || i, i % 97, 1 + i % 13, repeat(md5(i::text), 3) from generate_series(0, $1::int - 1) i`,
    [count, itemsPerShelf],
  )
  await write.query('analyze')
}

interface ItemRow {
  id: number
  name: string
  shelf_id: number
  count: number
  price: number
  note: string
}

/**
 * What must lie in the read model, computed here from the tables; compared with what does: missing, extra, different. For
 * all items, unless only some were to be copied.
 */
export async function itemDifferences(
  write: Pool,
  read: Pool,
  { table = 'read_models.items_v1', ids }: { table?: string; ids?: readonly number[] } = {},
): Promise<string[]> {
  const all = await rowsOf<ItemRow>(write, 'select id, name, shelf_id, count, price, note from items')
  const asked = new Set(ids)
  const wanted = ids === undefined ? all : all.filter((item) => asked.has(item.id))
  const rows = await rowsOf<FoundRow>(read, `select id, document, name, shelf, worth from ${table}`)
  const found = new Map(rows.map((row) => [row.id, row]))
  const differences = wanted
    .filter((item) => !isDeepStrictEqual(found.get(item.id), expected(item)))
    .map(({ id }) => `item ${id}`)
  return found.size === wanted.length
    ? differences
    : [...differences, `${found.size} documents for ${wanted.length} items`]
}

interface FoundRow {
  id: number
  document: unknown
  name: string
  shelf: string
  worth: number
}

function expected({ id, name, shelf_id, count, price, note }: ItemRow): FoundRow {
  const shelf = `shelf ${shelf_id}`
  const worth = count * price
  return { id, document: { name, shelf, count, price, worth, note }, name, shelf, worth }
}
