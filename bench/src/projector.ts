import type { Pool } from 'pg'
import { type Bench, type BenchContext, refuseDifferences } from './bench.ts'
import { copyAll, createTarget } from './ceilings/documents.ts'
import { type Databases, itemsDatabases, openPool, rowsOf } from './databases.ts'
import { createItems, itemDifferences } from './items.ts'
import { compare, measurePairs } from './pairs.ts'
import { ProjectorProcess, reached } from './projectorProcess.ts'
import { seeded } from './random.ts'

/** Events that the projector takes in one batch while it is behind, and keys in one of its attempts: its defaults. */
const pageEvents = 20_000
const batchKeys = 500

/** A backlog of events over fewer keys, drained by `cornerman project`, beside a script that copies the same documents. */
export const projector: Bench = {
  summary: 'a backlog of 500,000 events over 50,000 keys, beside the document query and the upsert for the same keys',

  async run(context) {
    const { postgres, options, report } = context
    const pairs = options.pairs ?? (options.quick ? 2 : 5)
    const events = options.events ?? (options.quick ? 20_000 : 500_000)
    const keys = Math.max(100, Math.floor(events / 10))
    const databases = await itemsDatabases(postgres)
    const [write, read] = [openPool(databases.write), openPool(databases.read)]
    try {
      await createItems(write, keys)
      await createTarget(read)
      await build(context, databases, write, read)
      let changedFor = -1
      const changes = async (pair: number) => {
        const changed = backlog(pair, events, keys)
        // Once for both sides of a pair: each has every row changed before it, and both end in the same state.
        if (changedFor !== pair) await change(write, changed)
        changedFor = pair
        return changed
      }
      const results = await measurePairs(
        pairs,
        {
          ours: async (pair) => drain(context, databases, write, read, await changes(pair)),
          ceiling: async (pair) => copy(write, read, await changes(pair)),
        },
        (done, { ours, ceiling }) => report.say(`  pair ${done} of ${pairs}: ${seconds(ours)}; ${seconds(ceiling)}`),
      )
      refuseDifferences('ours', await itemDifferences(write, read))
      refuseDifferences('the ceiling', await itemDifferences(write, read, { table: 'bench.items' }))
      const rates = (ceiling: 'pages' | 'once') =>
        compare(results.map((each) => ({ ours: events / each.ours.pages, ceiling: events / each.ceiling[ceiling] })))
      const line = { unit: 'events/s', goal: { atLeast: 0.8 }, facts: { events, keys } }
      report.line({ bench: "projector, the same keys as in the projector's pages", compared: rates('pages'), ...line })
      report.line({ bench: 'projector, each key once', compared: rates('once'), ...line })
    } finally {
      await write.end()
      await read.end()
    }
  },
}

/** In seconds: with the keys of each page of events, and with each key once for the whole backlog. The projector has pages. */
interface Took {
  readonly pages: number
  readonly once: number
}

const seconds = ({ pages, once }: Took) =>
  pages === once ? `ours ${pages.toFixed(2)} s` : `ceiling ${pages.toFixed(2)} s, each key once ${once.toFixed(2)} s`

const backlog = (seed: number, events: number, keys: number): number[] => {
  const random = seeded(seed + 1)
  return Array.from({ length: events }, () => random(keys))
}

/** The first build, so that there is a read model to keep up to date. */
async function build(context: BenchContext, databases: Databases, write: Pool, read: Pool): Promise<void> {
  const process = await ProjectorProcess.start(context, databases, 'items')
  await reached(read, 'items', await append(write, [0]))
  await process.stop()
  const ids = await rowsOf<{ id: number }>(write, 'select id from items order by id')
  await copyAll(
    write,
    read,
    ids.map(({ id }) => id),
    batchKeys,
  )
}

/** From the moment at which the projector begins until readers are told that the last event is in. */
async function drain(
  context: BenchContext,
  databases: Databases,
  write: Pool,
  read: Pool,
  changed: readonly number[],
): Promise<Took> {
  const position = await append(write, changed)
  await settle(write, read)
  const process = await ProjectorProcess.start(context, databases, 'items')
  try {
    const beganAt = await process.beganAt()
    const took = ((await reached(read, 'items', position)) - beganAt) / 1_000
    return { pages: took, once: took }
  } finally {
    await process.stop()
  }
}

async function copy(write: Pool, read: Pool, changed: readonly number[]): Promise<Took> {
  await settle(write, read)
  const pages: number[] = []
  for (let from = 0; from < changed.length; from += pageEvents)
    pages.push(...new Set(changed.slice(from, from + pageEvents)))
  const timed = async (keys: readonly number[]) => {
    const startedAt = performance.now()
    await copyAll(write, read, keys, batchKeys)
    return (performance.now() - startedAt) / 1_000
  }
  return { once: await timed([...new Set(changed)]), pages: await timed(pages) }
}

/** An event for each change, from a writer that does not use the toolkit; the last position. */
async function append(write: Pool, changed: readonly number[]): Promise<number> {
  let position = 0
  for (let from = 0; from < changed.length; from += 10_000) {
    const rows = await rowsOf<{ position: string }>(
      write,
      `with appended as (
         insert into cornerman.outbox (aggregatetype, aggregateid, type, payload)
         select 'item', id::text, 'ItemChanged', jsonb_build_object('type', 'ItemChanged', 'id', id, 'at', clock_timestamp(),
           'by', 'somebody who changes items all day', 'correlation', gen_random_uuid())
         from unnest($1::int[]) as id returning position)
       select max(position) as position from appended`,
      [changed.slice(from, from + 10_000)],
    )
    position = Number(rows[0]!.position)
  }
  return position
}

const change = (write: Pool, changed: readonly number[]) =>
  write.query('update items set count = (count + 1) % 1000 where id = any($1::int[])', [[...new Set(changed)]])

/** Neither side pays for what was done before it. */
async function settle(write: Pool, read: Pool): Promise<void> {
  await write.query('vacuum analyze items')
  for (const { name } of await rowsOf<{ name: string }>(read, tablesStatement))
    await read.query(`vacuum analyze ${name}`)
  await write.query('checkpoint')
}

const tablesStatement = `select c.oid::regclass::text as name from pg_class c where relkind = 'r' and relname ~ '^items'`
