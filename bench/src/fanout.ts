import { type Database, openDatabase } from '@platform/command-service/database'
import { renameDivision } from '@platform/command-service/divisions'
import { recordResults } from '@platform/command-service/matches'
import type { Pool } from 'pg'
import { type Bench, refuseDifferences } from './bench.ts'
import { commitTimes } from './commitTimes.ts'
import { openPool, platformDatabases, rowsOf } from './databases.ts'
import { type Bout, createBouts, createDivision, createEvent } from './federation.ts'
import { atPace } from './pace.ts'
import { compare, measurePairs } from './pairs.ts'
import { ProjectorProcess, reached } from './projectorProcess.ts'
import { standingDifferences } from './standings.ts'
import { quantile } from './statistics.ts'

const perSecond = 200

/** A division of many is renamed while results of another come in, beside the same results alone. */
export const fanout: Bench = {
  summary: 'results at 200/s while a fan-out of 100,000 keys goes on, beside the same results without it',

  async run(context) {
    const { postgres, options, report } = context
    const pairs = options.pairs ?? (options.quick ? 2 : 5)
    const keys = options.quick ? 4_000 : 100_000
    const results = perSecond * (options.quick ? 1 : 10)
    const databases = await platformDatabases(postgres)
    const [write, read] = [openPool(databases.write), openPool(databases.read)]
    const db = openDatabase(databases.write, { max: 8 })
    try {
      const event = await createEvent(write)
      const many = await createDivision(write, 'many', keys)
      await createBouts(write, event, many, { count: keys / 2, completed: true })
      // Two who have not fought before and do not again: each document is written by its one result.
      const others = await createDivision(write, 'others', results * 2 * pairs * 2)
      const bouts = await createBouts(write, event, others, { count: others.athletes.length / 2, completed: false })
      await write.query('analyze')
      const process = await ProjectorProcess.start(context, databases, 'rankings')
      await reached(read, 'rankings', await lastPosition(write))

      const side = async () => {
        const fought = bouts.splice(0, results)
        const positions = await atPace(fought, perSecond, (bout) => record(db, bout))
        const fanOutGoesOn = await isUnderWay(write)
        return { fought, fanOutGoesOn, position: Math.max(...positions) }
      }
      let renamed = 0
      const fanOutMs: number[] = []
      const measured = await measurePairs(
        pairs,
        {
          async ours() {
            const startedAt = performance.now()
            const rename = await db.transaction().execute((trx) => renameDivision(trx, many.id, `many ${++renamed}`))
            const { fought, fanOutGoesOn, position } = await side()
            await reached(read, 'rankings', Math.max(position, rename.position))
            fanOutMs.push(performance.now() - startedAt)
            return { p99: await p99Of(write, read, fought), fanOutGoesOn }
          },
          async ceiling() {
            const { fought, fanOutGoesOn, position } = await side()
            await reached(read, 'rankings', position)
            return { p99: await p99Of(write, read, fought), fanOutGoesOn }
          },
        },
        (done, { ours, ceiling }) =>
          report.say(
            `  pair ${done} of ${pairs}: p99 ${ours.p99.toFixed(1)} and ${ceiling.p99.toFixed(1)} ms; the fan-out took ${(fanOutMs.at(-1)! / 1_000).toFixed(1)} s`,
          ),
      )
      await process.stop()
      refuseDifferences('rankings', await standingDifferences(write, read))
      const compared = compare(measured.map(({ ours, ceiling }) => ({ ours: ours.p99, ceiling: ceiling.p99 })))
      const facts = {
        keys,
        perSecond,
        results,
        fanOutSeconds: fanOutMs.map((ms) => Math.round(ms / 100) / 10),
        fanOutOutlastedResults: measured.every(({ ours }) => ours.fanOutGoesOn),
      }
      report.line({ bench: 'fanout p99', unit: 'ms', compared, goal: { atMost: 2 }, facts })
    } finally {
      await db.destroy()
      await write.end()
      await read.end()
    }
  },
}

async function record(db: Database, { id, athlete_a }: Bout): Promise<number> {
  const { position } = await db
    .transaction()
    .execute((trx) => recordResults(trx, [{ matchId: id, winnerId: athlete_a, method: 'submission' }]))
  return position
}

export async function lastPosition(write: Pool): Promise<number> {
  const rows = await rowsOf<{ position: string }>(
    write,
    'select coalesce(max(position), 0) as position from cornerman.outbox',
  )
  return Number(rows[0]!.position)
}

async function isUnderWay(write: Pool): Promise<boolean> {
  return (await rowsOf(write, 'select 1 from cornerman.fanouts limit 1')).length > 0
}

/** Commit → visible of the results' documents; both of a result must be there. */
async function p99Of(write: Pool, read: Pool, bouts: readonly Bout[]): Promise<number> {
  const committed = await commitTimes(
    write,
    'select id as name, xmin as xid from tournament.matches where id = any($1::uuid[])',
    [bouts.map(({ id }) => id)],
  )
  const visible = await commitTimes(
    read,
    'select athlete_id as name, xmin as xid from read_models.rankings_v1_g1 where athlete_id = any($1::uuid[])',
    [bouts.flatMap(({ athlete_a, athlete_b }) => [athlete_a, athlete_b])],
  )
  const latencies = bouts.map(
    ({ id, athlete_a, athlete_b }) => Math.max(visible.get(athlete_a)!, visible.get(athlete_b)!) - committed.get(id)!,
  )
  return quantile(latencies, 0.99)
}
