import { type Database, openDatabase } from '@platform/command-service/database'
import { recordResults } from '@platform/command-service/matches'
import type { Pool } from 'pg'
import { type Bench, refuseDifferences } from './bench.ts'
import { openPool, platformDatabases, rowsOf } from './databases.ts'
import { lastPosition } from './fanout.ts'
import { type Bout, createBouts, createDivision, createEvent } from './federation.ts'
import { compare } from './pairs.ts'
import { ProjectorProcess, reached } from './projectorProcess.ts'
import { standingDifferences } from './standings.ts'
import { median } from './statistics.ts'

const documentsMax = 3

/** What one result costs in a division of N: documents written, and commit → visible, one result after the other. */
export const division: Bench = {
  summary: 'cost of one result in a division of 100, 1,000, 10,000 and 100,000, beside that in the smallest',

  async run(context) {
    const { postgres, options, report } = context
    const rounds = options.pairs ?? (options.quick ? 2 : 5)
    const sizes = options.quick ? [100, 1_000] : [100, 1_000, 10_000, 100_000]
    const resultsPerRound = options.quick ? 10 : 40
    const databases = await platformDatabases(postgres)
    const [write, read] = [openPool(databases.write), openPool(databases.read)]
    const db = openDatabase(databases.write, { max: 1 })
    try {
      const divisions = []
      for (const size of sizes) divisions.push(await divisionOf(write, size, rounds * resultsPerRound))
      await write.query('analyze')
      const process = await ProjectorProcess.start(context, databases, 'rankings')
      await reached(read, 'rankings', await lastPosition(write))
      const costs = new Map(sizes.map((size): [number, Cost[][]] => [size, []]))
      for (let round = 0; round < rounds; round++) {
        // Results of all divisions by turns: what disturbs one disturbs all.
        const taken = divisions.map(({ bouts }) => bouts.splice(0, resultsPerRound))
        const seen = sizes.map((): Cost[] => [])
        for (let i = 0; i < resultsPerRound; i++)
          for (const [place, of] of taken.entries()) seen[place]!.push(await costOf(db, write, read, of[i]!))
        sizes.forEach((size, place) => costs.get(size)!.push(seen[place]!))
        report.say(
          `  round ${round + 1} of ${rounds}: ${seen.map((of, place) => `N ${sizes[place]} ${median(of.map(({ ms }) => ms)).toFixed(1)} ms`).join(', ')}`,
        )
      }
      await process.stop()
      refuseDifferences('rankings', await standingDifferences(write, read))
      const medians = (size: number) => costs.get(size)!.map((of) => median(of.map(({ ms }) => ms)))
      for (const size of sizes) {
        const written = costs
          .get(size)!
          .flat()
          .map(({ documents }) => documents)
        const most = Math.max(...written)
        const compared = compare(medians(size).map((ours, i) => ({ ours, ceiling: medians(sizes[0]!)[i]! })))
        const facts = { documentsMax: most, documentsMean: written.reduce((a, b) => a + b, 0) / written.length }
        report.line({
          bench: `division of ${size}, commit → visible p50 beside N = ${sizes[0]}`,
          unit: 'ms',
          compared,
          goal: { atMost: 1.2 },
          also: most <= documentsMax,
          facts,
        })
      }
    } finally {
      await db.destroy()
      await write.end()
      await read.end()
    }
  },
}

interface Cost {
  readonly ms: number
  readonly documents: number
}

/** Everybody has fought once; of the bouts to come every fifth is for the title, so that champions change who did not fight. */
async function divisionOf(write: Pool, size: number, results: number): Promise<{ bouts: Bout[] }> {
  const event = await createEvent(write)
  const of = await createDivision(write, `division of ${size}`, size)
  await createBouts(write, event, of, { count: size / 2, completed: true })
  const bouts: Bout[] = []
  for (let i = 0; i < results; i++) {
    const title = i % 5 === 4 ? 'undisputed' : 'none'
    bouts.push(
      ...(await createBouts(write, event, of, {
        count: 1,
        from: 2 * i,
        completed: false,
        title,
        cardOrder: results - i,
      })),
    )
  }
  return { bouts }
}

/** Records one result and waits until it is there; what was written for it, and when, say the documents themselves. */
async function costOf(db: Database, write: Pool, read: Pool, { id, athlete_a }: Bout): Promise<Cost> {
  const [before] = await rowsOf<{ version: string }>(
    read,
    'select max(_version) as version from read_models.rankings_v1_g1',
  )
  const result = { matchId: id, winnerId: athlete_a, method: 'submission' as const }
  const { position } = await db.transaction().execute((trx) => recordResults(trx, [result]))
  await reached(read, 'rankings', position, 2)
  const [written] = await rowsOf<{ documents: number; ms: number }>(
    read,
    `select count(*)::int as documents, max(extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as ms
     from read_models.rankings_v1_g1 where _version > $1`,
    [before!.version],
  )
  const [committed] = await rowsOf<{ ms: number }>(
    write,
    'select (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as ms from tournament.matches where id = $1',
    [id],
  )
  return { ms: written!.ms - committed!.ms, documents: written!.documents }
}
