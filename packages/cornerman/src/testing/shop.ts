import { connect, type Connection } from '../database.ts'
import { outboxTrigger } from '../outbox/trigger.ts'
import { CommandLine } from './commandLine.ts'

/** A small application with one projection, at the command line of its folder. */
export interface Shop {
  readonly cli: CommandLine
  /** To the primary. */
  readonly connection: Connection
  /** Writes the configuration anew, with another document query. */
  configure(total: string): void
  close(): Promise<void>
}

/** The order that `place` has put there, by its number. */
export const orderId = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

/** Orders with their shares: an order that is divided among nobody cannot be computed, and parks. */
export async function openShop(urls: { primary: string; reads: string }, orders = 3): Promise<Shop> {
  const connection = await connect({ url: urls.primary, applicationName: 'shop' })
  await connection.query(`create table orders (id uuid primary key, total int not null, shares int not null);`)
  await connection.query(
    `insert into orders select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, i * 10, 1 from generate_series(1, $1) i`,
    [orders],
  )
  await connection.query(await outboxTrigger(connection, { table: 'public.orders' }))
  const cli = new CommandLine({ DATABASE_URL: urls.primary, READ_DATABASE_URL: urls.reads, LOG_LEVEL: 'silent' })
  const configure = (total: string) => cli.write(`cornerman.config.mjs`, config(total))
  configure('o.total / o.shares')
  return {
    cli,
    connection,
    configure,
    async close() {
      await cli.close()
      await connection.end()
    },
  }
}

const config = (total: string) => `
  import { defineConfig, defineProjection, sql } from 'cornerman'
  import { postgres } from 'cornerman/postgres'
  const changed = (e) => [[e.id], ...(e.previous === undefined ? [] : [[e.previous.id]])]
  export const orders = defineProjection({
    name: 'orders',
    version: 1,
    key: { id: 'uuid' },
    on: { OrdersInserted: changed, OrdersUpdated: changed, OrdersDeleted: changed, OrderGuessed: (e) => [[e.guess]] },
    keys: sql\`select id from public.orders\`,
    document: sql\`select k.id, jsonb_build_object('share', ${total}) as document from keys k join public.orders o using (id)\`,
    store: postgres({ columns: { share: 'integer' } }),
    freshness: { sla: '30s' },
  })
  export default defineConfig({ projections: [orders] })`
