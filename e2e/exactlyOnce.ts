import { Client } from 'pg'
import type { Acknowledged } from './load.ts'

/** What of a load's acknowledged commands is not there exactly once, with its event; and what is there that nobody was told of. */
export async function wrongCommands(ownerWrite: string, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const found = await countsOf(ownerWrite)
  const told = new Map<string, number>()
  const tell = (what: string) => told.set(what, (told.get(what) ?? 0) + 1)
  const events = new Set(acknowledged.flatMap((each) => (each.kind === 'event' ? [each.id] : [])))
  const matches = new Set(acknowledged.flatMap((each) => (each.kind === 'match' ? [each.id] : [])))
  for (const each of acknowledged) {
    if (each.kind === 'event') tell(`event ${each.id}`)
    if (each.kind === 'match') tell(`match ${each.id}`)
    if (each.kind === 'result') for (const what of ['result', 'MatchCompleted']) tell(`${what} ${each.matchId}`)
    if (each.kind === 'correction')
      for (const what of ['correction', 'MatchResultCorrected']) tell(`${what} ${each.matchId}`)
    if (each.kind === 'period') for (const what of ['period', 'RankingPeriodStarted']) tell(`${what} ${each.periodId}`)
  }
  const isOfTheLoad = (what: string) => matches.has(what.split(' ')[1]!)
  const stray = found.matches.filter(({ event, match }) => events.has(event) && !matches.has(match))
  return [
    ...[...told]
      .filter(([what, times]) => (found.counts.get(what) ?? 0) !== times)
      .map(([what, times]) => `${what}: ${found.counts.get(what) ?? 0} instead of ${times}`),
    ...[...found.counts.keys()].filter((what) => isOfTheLoad(what) && !told.has(what)).map((what) => `${what}: untold`),
    ...stray.map(({ match }) => `match ${match}: untold`),
  ]
}

async function countsOf(ownerWrite: string) {
  const client = new Client(ownerWrite)
  await client.connect()
  try {
    const { rows } = await client.query<{ what: string; times: number }>(`
      select 'event ' || id as what, 1 as times from tournament.events
      union all select 'match ' || id, 1 from tournament.matches
      union all select 'result ' || id, 1 from tournament.matches where outcome is not null
      union all select 'correction ' || match_id, count(*)::int from tournament.corrections group by match_id
      union all select 'period ' || id, 1 from tournament.ranking_periods
      union all select type || ' ' || coalesce(payload ->> 'matchId', payload ->> 'periodId'), count(*)::int from cornerman.outbox
        where type in ('MatchCompleted', 'MatchResultCorrected', 'RankingPeriodStarted') and not headers ? 'repeated' group by 1`)
    const matches = await client.query<{ event: string; match: string }>(
      'select event_id as event, id as match from tournament.matches',
    )
    return { counts: new Map(rows.map(({ what, times }) => [what, times])), matches: matches.rows }
  } finally {
    await client.end()
  }
}
