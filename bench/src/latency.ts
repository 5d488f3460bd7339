import { append, ReadModel } from 'cornerman'
import { postgresReader } from 'cornerman/postgres'
import type { Pool, PoolClient } from 'pg'
import { type Bench, refuseDifferences } from './bench.ts'
import { copyDocuments, createTarget } from './ceilings/documents.ts'
import { commitTimes } from './commitTimes.ts'
import { itemsDatabases, openPool } from './databases.ts'
import { createItems, itemDifferences } from './items.ts'
import { atPace } from './pace.ts'
import { compare, measurePairs } from './pairs.ts'
import { ProjectorProcess, reached } from './projectorProcess.ts'
import { quantile } from './statistics.ts'

const perSecond = 200
/** How much later than visible a reader who names its position may get it. */
const afterMarginMs = 50
const afterTimeoutMs = 10_000

/** Commit → visible at a steady rate, beside a writer that copies the document itself; and read your own writes. */
export const latency: Bench = {
  summary: 'commit → visible at 200/s, beside a writer that copies the document itself; read your own writes',

  async run(context) {
    const { postgres, options, report } = context
    const pairs = options.pairs ?? (options.quick ? 2 : 5)
    const changes = perSecond * (options.quick ? 2 : 10)
    const databases = await itemsDatabases(postgres)
    const [write, read] = [openPool(databases.write), openPool(databases.read)]
    const reader = postgresReader({ pool: read, projection: 'items', version: 1 })
    const model = new ReadModel({ readWatermarks: () => reader.readWatermarks() })
    // Each item is changed once at most: its row tells when.
    const items = Array.from({ length: changes * pairs * 3 }, (_, id) => id)
    const next = () => items.splice(0, changes)
    try {
      await createItems(write, items.length)
      await createTarget(read)
      const process = await ProjectorProcess.start(context, databases, 'items')
      await reached(read, 'items', await changeWithEvent(write, 0))
      model.start()
      const ours = async (after: (position: number) => Promise<void>) => {
        const ids = next()
        const waits: number[] = []
        const positions = await atPace(ids, perSecond, async (id) => {
          const position = await changeWithEvent(write, id)
          const committedAt = performance.now()
          await after(position)
          waits.push(performance.now() - committedAt)
          return position
        })
        await reached(read, 'items', Math.max(...positions))
        return {
          visible: quantiles(await latencies(write, read, 'read_models.items_v1_g1', ids)),
          after: quantiles(waits),
        }
      }
      const copied: number[] = []
      const ceiling = async () => {
        const ids = next()
        copied.push(...ids)
        await atPace(ids, perSecond, async (id) => {
          await change(write, id)
          await copyDocuments(write, read, [id])
        })
        return quantiles(await latencies(write, read, 'bench.items', ids))
      }
      const results = await measurePairs(
        pairs,
        {
          ours: async () => ({
            visible: (await ours(async () => undefined)).visible,
            own: await ours(async (position) => void (await model.waitFor(position, afterTimeoutMs))),
          }),
          ceiling,
        },
        (done, pair) =>
          report.say(
            `  pair ${done} of ${pairs}: ${shown(pair.ours.visible)} and ${shown(pair.ceiling)}; after= ${shown(pair.ours.own.after)}`,
          ),
      )
      // What the ceiling has changed had no event.
      const told = await atPace(copied, 1_000, (id) => inTransaction(write, (client) => appendEvent(client, id)))
      await reached(read, 'items', Math.max(...told))
      await process.stop()
      refuseDifferences('ours', await itemDifferences(write, read))
      refuseDifferences('the ceiling', await itemDifferences(write, read, { table: 'bench.items', ids: copied }))
      const of = (name: 'p50' | 'p99') =>
        compare(results.map(({ ours, ceiling }) => ({ ours: ours.visible[name], ceiling: ceiling[name] })))
      const facts = { perSecond, changes }
      report.line({ bench: 'latency p50', unit: 'ms', compared: of('p50'), goal: { atMost: 3 }, facts })
      report.line({ bench: 'latency p99', unit: 'ms', compared: of('p99'), goal: { atMost: 3 }, facts })
      const own = results.map(({ ours }) => ({
        ours: ours.own.after.p99,
        ceiling: ours.own.visible.p99 + afterMarginMs,
      }))
      report.line({
        bench: `after= p99, beside commit → visible + ${afterMarginMs} ms`,
        unit: 'ms',
        compared: compare(own),
        goal: { atMost: 1 },
        facts,
      })
    } finally {
      await model.close()
      await write.end()
      await read.end()
    }
  },
}

interface Quantiles {
  readonly p50: number
  readonly p99: number
}

const quantiles = (values: readonly number[]): Quantiles => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
})
const shown = ({ p50, p99 }: Quantiles) => `${p50.toFixed(1)} / ${p99.toFixed(1)} ms`

const changeWithEvent = (write: Pool, id: number): Promise<number> =>
  inTransaction(write, async (client) => {
    await client.query(changeStatement, [id])
    return appendEvent(client, id)
  })

async function appendEvent(client: PoolClient, id: number): Promise<number> {
  const event = { type: 'ItemChanged', aggregateType: 'item', aggregateId: String(id), payload: { id } }
  return (await append(client, event)).position
}

const change = (write: Pool, id: number): Promise<void> =>
  inTransaction(write, async (client) => void (await client.query(changeStatement, [id])))

const changeStatement = 'update items set count = (count + 1) % 1000 where id = $1'

async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } finally {
    client.release()
  }
}

async function latencies(write: Pool, read: Pool, table: string, ids: readonly number[]): Promise<number[]> {
  const query = (of: string) => `select id as name, xmin as xid from ${of} where id = any($1::int[])`
  const committed = await commitTimes(write, query('items'), [ids])
  const visible = await commitTimes(read, query(table), [ids])
  return [...committed].map(([id, ms]) => visible.get(id)! - ms)
}
