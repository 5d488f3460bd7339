import { isDeepStrictEqual } from 'node:util'
import type { Pool } from 'pg'
import { rowsOf } from './databases.ts'

/** What of a ranking is compared: the rule applied here, to the write tables, where every bout is recent and ranked. */
interface Standing {
  name: string
  division: string
  points: number
  wins: number
  losses: number
  finishes: number
  champion: boolean
}

interface MatchRow {
  division: string
  division_name: string
  a: string
  b: string
  a_name: string
  b_name: string
  winner: string
  finish: boolean
  title: boolean
}

/** Compares the rankings that readers get with the standings computed here: missing, extra, different. */
export async function standingDifferences(write: Pool, read: Pool): Promise<string[]> {
  const expected = standingsOf(await rowsOf<MatchRow>(write, matchesStatement))
  const found = new Map(
    (await rowsOf<{ key: string; standing: Standing }>(read, rankingsStatement)).map(({ key, standing }) => [
      key,
      standing,
    ]),
  )
  const differences = [...expected].flatMap(([key, standing]) =>
    isDeepStrictEqual(found.get(key), standing)
      ? []
      : [`${key}: ${JSON.stringify(found.get(key))}, not ${JSON.stringify(standing)}`],
  )
  return found.size === expected.size
    ? differences
    : [...differences, `${found.size} documents instead of ${expected.size}`]
}

/** The latest first, so that the first winner of a title bout is the champion. */
const matchesStatement = `
select m.division_id as division, d.name as division_name, m.athlete_a as a, m.athlete_b as b, a.name as a_name, b.name as b_name,
  m.winner_id as winner, coalesce(m.method = 'submission', false) as finish, m.title = 'undisputed' as title
from tournament.matches m join tournament.events e on e.id = m.event_id join tournament.divisions d on d.id = m.division_id
join tournament.athletes a on a.id = m.athlete_a join tournament.athletes b on b.id = m.athlete_b
where m.outcome = 'win' order by e.date desc, m.card_order, m.id`

const rankingsStatement = `
select division_id || '/' || athlete_id as key, jsonb_build_object('name', document -> 'name', 'division', document #> '{division,name}',
  'points', points, 'wins', wins, 'losses', document #> '{record,losses}', 'finishes', finishes, 'champion', champion) as standing
from read_models.rankings_v1`

function standingsOf(matches: readonly MatchRow[]): Map<string, Standing> {
  const standings = new Map<string, Standing>()
  const champions = new Set<string>()
  for (const { division, division_name, a, b, a_name, b_name, winner, finish, title } of matches) {
    for (const [athlete, name] of [
      [a, a_name],
      [b, b_name],
    ] as const) {
      const key = `${division}/${athlete}`
      const standing = standings.get(key) ?? empty(name, division_name)
      standings.set(key, standing)
      if (athlete !== winner) standing.losses++
      else {
        standing.wins++
        standing.finishes += finish ? 1 : 0
        standing.points += (finish ? 120 : 100) * (title ? 2 : 1)
        if (title && !champions.has(division)) standing.champion = true
      }
    }
    if (title) champions.add(division)
  }
  return standings
}

const empty = (name: string, division: string): Standing => ({
  name,
  division,
  points: 0,
  wins: 0,
  losses: 0,
  finishes: 0,
  champion: false,
})
