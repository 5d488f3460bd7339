import { type Database, openDatabase } from '@platform/command-service/database'
import { recordResults } from '@platform/command-service/matches'
import type { Pool } from 'pg'
import { type Bench, refuseDifferences } from './bench.ts'
import { recordWithoutEvent } from './ceilings/append.ts'
import { openPool, platformDatabases, rowsOf } from './databases.ts'
import { type Bout, createBouts, createDivision, createEvent } from './federation.ts'
import { compare, measurePairs } from './pairs.ts'

const connections = 8

/** The record-result transaction of the command service with its event, beside the same transaction without. */
export const append: Bench = {
  summary: 'outbox append in the record-result transaction, 8 connections, beside the transaction without it',

  async run({ postgres, options, report }) {
    const pairs = options.pairs ?? (options.quick ? 2 : 40)
    const resultsPerSide = options.quick ? 200 : 750
    const databases = await platformDatabases(postgres)
    const write = openPool(databases.write)
    const db = openDatabase(databases.write, { max: connections })
    try {
      const event = await createEvent(write)
      const division = await createDivision(write, 'bench', 2_000)
      // In a table that is nearly empty the planner prefers to read all of it.
      await createBouts(write, event, division, { count: 30_000, completed: true })
      await write.query('vacuum analyze')
      const schedule = () => createBouts(write, event, division, { count: resultsPerSide, completed: false })
      const appended: Bout[] = []
      const results = await measurePairs(
        pairs,
        {
          async ours() {
            const bouts = await schedule()
            appended.push(...bouts)
            return throughput(bouts, (bout) => record(db, bout))
          },
          ceiling: async () => throughput(await schedule(), (bout) => recordWithoutEvent(db, bout.id, bout.athlete_a)),
        },
        (done, { ours, ceiling }) =>
          report.say(`  pair ${done} of ${pairs}: ${Math.round(ours)} and ${Math.round(ceiling)} transactions/s`),
      )
      refuseDifferences('outbox', await outboxDifferences(write, appended))
      const compared = compare(results)
      report.line({
        bench: 'append',
        unit: 'transactions/s',
        compared,
        goal: { atLeast: 0.95 },
        facts: { connections },
      })
    } finally {
      await db.destroy()
      await write.end()
    }
  },
}

async function record(db: Database, { id, athlete_a }: Bout): Promise<void> {
  await db.transaction().execute((trx) => recordResults(trx, [{ matchId: id, winnerId: athlete_a }]))
}

async function throughput(bouts: readonly Bout[], work: (bout: Bout) => Promise<void>): Promise<number> {
  const left = [...bouts]
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let bout = left.pop(); bout !== undefined; bout = left.pop()) await work(bout)
    }),
  )
  return bouts.length / ((performance.now() - startedAt) / 1_000)
}

/** Each recorded bout has its one event, no other has any, and every bout has its winner. */
async function outboxDifferences(write: Pool, appended: readonly Bout[]): Promise<string[]> {
  const events = await rowsOf<{ match: string; winner: string; events: number }>(
    write,
    `select payload ->> 'matchId' as match, min(payload ->> 'winnerId') as winner, count(*)::int as events
     from cornerman.outbox where type = 'MatchCompleted' group by 1`,
  )
  const found = new Map(events.map((each) => [each.match, each]))
  const unfinished = await rowsOf<{ id: string }>(
    write,
    'select id from tournament.matches where winner_id is distinct from athlete_a',
  )
  const wrong = appended.filter(({ id, athlete_a }) => {
    const event = found.get(id)
    return event?.events !== 1 || event.winner !== athlete_a
  })
  const extra = found.size - appended.length
  return [
    ...wrong.map(({ id }) => `the event of match ${id}`),
    ...unfinished.map(({ id }) => `the winner of match ${id}`),
    ...(extra === 0 ? [] : [`${extra} events too many`]),
  ]
}
