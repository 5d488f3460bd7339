import { defineConfig, defineProjection, sql } from 'cornerman'
import { postgres } from 'cornerman/postgres'

/** The tables of `items.ts` as a read model: a join, three columns, one index; about 200 bytes of JSON. */
export const items = defineProjection({
  name: 'items',
  version: 1,
  key: { id: 'integer' },
  on: { ItemChanged: (e) => [[e['id']]] },
  keys: sql`select id from published.items`,
  document: sql`
    select k.id, jsonb_build_object(
      'name', i.name, 'shelf', s.name, 'count', i.count, 'price', i.price, 'worth', i.count * i.price, 'note', i.note
    ) as document
    from keys k join published.items i on i.id = k.id join published.shelves s on s.id = i.shelf_id`,
  store: postgres({ columns: { name: 'text', shelf: 'text', worth: 'integer' }, indexes: ['(shelf, worth desc)'] }),
  freshness: { sla: '30s' },
})

export default defineConfig({ projections: [items], events: ['ItemChanged'] })
