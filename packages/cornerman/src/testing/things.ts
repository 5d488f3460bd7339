import { defineProjection, type Projection } from '../projection.ts'
import { postgresAdapter } from '../readStores/postgres/adapter.ts'
import { postgres } from '../readStores/postgres/declaration.ts'
import type { ReadStore } from '../readStore.ts'
import { rawSql, sql } from '../sql.ts'

/** Events of the inventory: the thing itself, its whole shelf, everything; and one whose mapping fails for some. */
export interface ThingChanged {
  type: 'ThingChanged'
  id: number | string | null
}
export interface ShelfChanged {
  type: 'ShelfChanged'
  shelf: number
}
export interface EverythingChanged {
  type: 'EverythingChanged'
}
export type InventoryEvent = ThingChanged | ShelfChanged | EverythingChanged

/** What a fault injector may put around the store: the calls that it lists are replaced. */
export type StoreWrapper = (store: ReadStore) => Partial<ReadStore>

export interface ThingsOptions {
  version?: number
  /** Put around the store of every session. */
  wrap?: StoreWrapper
  /** The SQL that makes the document's field `worth` of `t.count` and `t.price`. */
  worth?: string
}

/** One document for each thing; `worth` divides by the price, so a price of zero cannot be computed. */
export function things({ version = 1, wrap, worth = 't.count * 100 / t.price' }: ThingsOptions = {}): Projection {
  const declaration = postgres({ columns: { name: 'text', worth: 'integer' } })
  const adapter =
    wrap === undefined
      ? postgresAdapter
      : {
          ...postgresAdapter,
          connect: async (setup: Parameters<typeof postgresAdapter.connect>[0]) =>
            wrapped(await postgresAdapter.connect(setup), wrap),
        }
  return defineProjection<InventoryEvent>({
    name: 'things',
    version,
    key: { id: 'integer' },
    on: {
      ThingChanged: (e) => [[e.id]],
      ShelfChanged: sql`select id from published.things where shelf = ${(e) => e.shelf}`,
      EverythingChanged: sql`select id from published.things`,
    },
    keys: sql`select id from published.things where not hidden`,
    document: sql`select k.id, jsonb_build_object('name', t.name, 'shelf', t.shelf, 'worth', ${rawSql(worth)}) as document from keys k join published.things t using (id)`,
    store: { ...declaration, adapter },
    freshness: { sla: '30s' },
  })
}

const wrapped = (store: ReadStore, wrap: StoreWrapper): ReadStore => ({ ...store, ...wrap(store) })
