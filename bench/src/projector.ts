import type { Pool } from 'pg'
import { type Bench, type BenchContext, refuseDifferences } from './bench.ts'
import { copyAll, createTarget } from './ceilings/documents.ts'
import { drain } from './ceilings/drain.ts'
import { type Databases, itemsDatabases, openPool, rowsOf } from './databases.ts'
import { createItems, itemDifferences } from './items.ts'
import { compare, measurePairs } from './pairs.ts'
import { ProjectorProcess, reached } from './projectorProcess.ts'
import { seeded } from './random.ts'

/** Events that the projector takes in one batch while it is behind, and keys in one of its attempts: its defaults. */
const sizes = { pageEvents: 100_000, batchKeys: 500 }

/** A backlog of events over fewer keys, drained by `cornerman project`, beside scripts that bring the same documents there. */
export const projector: Bench = {
  summary: 'a backlog of 500,000 events over 50,000 keys, beside the document query and the upsert for the same keys',

  async run(context) {
    const { postgres, options, report } = context
    const pairs = options.pairs ?? (options.quick ? 2 : 5)
    const events = options.events ?? (options.quick ? 20_000 : 500_000)
    const keys = Math.max(100, Math.floor(events / 10))
    const databases = await itemsDatabases(postgres)
    const sides = { write: openPool(databases.write), read: openPool(databases.read) }
    const { write, read } = sides
    try {
      await createItems(write, keys)
      await createTarget(read)
      await build(context, databases, sides)
      let backlog: Backlog | undefined
      // One for both sides of a pair: each has every row changed before it, and both end in the same state.
      const backlogOf = async (pair: number) =>
        (backlog = backlog?.pair === pair ? backlog : await appendBacklog(write, pair, events, keys))
      const results = await measurePairs(
        pairs,
        {
          ours: async (pair) => projected(context, databases, sides, await backlogOf(pair)),
          ceiling: async (pair) => copied(sides, await backlogOf(pair)),
        },
        (done, { ours, ceiling }) =>
          report.say(`  pair ${done} of ${pairs}: ${ours.toFixed(2)} s; ${JSON.stringify(ceiling)} s`),
      )
      refuseDifferences('ours', await itemDifferences(write, read))
      refuseDifferences('the ceiling', await itemDifferences(write, read, { table: 'bench.items' }))
      const line = (beside: keyof Ceilings, bench: string) => {
        const rates = results.map(({ ours, ceiling }) => ({ ours: events / ours, ceiling: events / ceiling[beside] }))
        const facts = { events, keys }
        report.line({ bench, unit: 'events/s', compared: compare(rates), goal: { atLeast: 0.8 }, facts })
      }
      line('pages', 'projector, beside the keys of its pages')
      line('reading', 'projector, beside the keys of its pages, read from the outbox')
      line('once', 'projector, beside each key once')
    } finally {
      await write.end()
      await read.end()
    }
  },
}

interface Sides {
  readonly write: Pool
  readonly read: Pool
}

interface Backlog {
  readonly pair: number
  /** The item of each event. */
  readonly changed: readonly number[]
  /** The positions of its events. */
  readonly after: number
  readonly upTo: number
}

/** What the copying takes, in seconds: the keys of each page of events, the same read from the outbox, each key once. */
interface Ceilings {
  readonly pages: number
  readonly reading: number
  readonly once: number
}

/** The first build, so that there is a read model to keep up to date. */
async function build(context: BenchContext, databases: Databases, { write, read }: Sides): Promise<void> {
  const process = await ProjectorProcess.start(context, databases, 'items')
  await reached(read, 'items', await append(write, [0]))
  await process.stop()
  const ids = await rowsOf<{ id: number }>(write, 'select id from items order by id')
  await copyAll(
    write,
    read,
    ids.map(({ id }) => id),
    sizes.batchKeys,
  )
}

/** From the moment at which the projector begins until readers are told that the last event is in. */
async function projected(
  context: BenchContext,
  databases: Databases,
  { write, read }: Sides,
  { upTo }: Backlog,
): Promise<number> {
  await settle(write, read)
  const process = await ProjectorProcess.start(context, databases, 'items')
  try {
    const beganAt = await process.beganAt()
    return ((await reached(read, 'items', upTo)) - beganAt) / 1_000
  } finally {
    await process.stop()
  }
}

async function copied({ write, read }: Sides, { changed, after, upTo }: Backlog): Promise<Ceilings> {
  await settle(write, read)
  const pages: number[] = []
  for (let from = 0; from < changed.length; from += sizes.pageEvents)
    pages.push(...new Set(changed.slice(from, from + sizes.pageEvents)))
  return {
    pages: await secondsOf(() => copyAll(write, read, pages, sizes.batchKeys)),
    reading: await secondsOf(() => drain(write, read, { after, upTo }, sizes)),
    once: await secondsOf(() => copyAll(write, read, [...new Set(changed)], sizes.batchKeys)),
  }
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return Math.round(performance.now() - startedAt) / 1_000
}

async function appendBacklog(write: Pool, pair: number, events: number, keys: number): Promise<Backlog> {
  const random = seeded(pair + 1)
  const changed = Array.from({ length: events }, () => random(keys))
  const items = [...new Set(changed)]
  await write.query('update items set count = (count + 1) % 1000 where id = any($1::int[])', [items])
  const after = await append(write, [])
  return { pair, changed, after, upTo: await append(write, changed) }
}

/** An event for each change, from a writer that does not use the toolkit; the last position. */
async function append(write: Pool, changed: readonly number[]): Promise<number> {
  for (let from = 0; from < changed.length; from += 10_000) {
    await write.query(
      `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload)
       select 'item', id::text, 'ItemChanged', jsonb_build_object('type', 'ItemChanged', 'id', id, 'at', clock_timestamp(),
         'by', 'somebody who changes items all day', 'correlation', gen_random_uuid())
       from unnest($1::int[]) as id`,
      [changed.slice(from, from + 10_000)],
    )
  }
  const rows = await rowsOf<{ position: string }>(
    write,
    `select coalesce(max(position), 0) as position from cornerman.outbox where type = 'ItemChanged'`,
  )
  return Number(rows[0]!.position)
}

/** Neither side pays for what was done before it. */
async function settle(write: Pool, read: Pool): Promise<void> {
  await write.query('vacuum analyze items')
  for (const { name } of await rowsOf<{ name: string }>(read, tablesStatement))
    await read.query(`vacuum analyze ${name}`)
  await write.query('checkpoint')
}

const tablesStatement = `select c.oid::regclass::text as name from pg_class c where relkind = 'r' and relname ~ '^items'`
