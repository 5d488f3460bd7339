import { newestFirst, type Rules, rules, type Side, sidesOf } from './rules.ts'
import type { AthleteRow, DivisionRow, WriteTables } from './writeTables.ts'

/** What the read models must hold, computed from the write tables. Documents by `division/athlete`, by athlete, by division. */
export interface ExpectedReadModels {
  rankings: Map<string, object>
  athletes: Map<string, object>
  divisions: Map<string, object>
  /** `division/athlete` → place, ranked ones only. */
  places: Map<string, number>
}

interface Standing {
  division: DivisionRow
  athlete: string
  sides: Side[]
  ranked: boolean
  champion: boolean
  points: number
  wins: number
  lastWin: string | null
}

export function computeReadModels(tables: WriteTables, by: Rules = rules): ExpectedReadModels {
  const divisions = new Map(tables.divisions.map((each) => [each.id, each]))
  const athletes = new Map(tables.athletes.map((each) => [each.id, each]))
  const sides = tables.matches.flatMap((match) => sidesOf(match, tables.rankingDate, by)).sort(newestFirst)
  const champions = championsOf(sides)
  const standings = [...Map.groupBy(sides, (side) => `${side.match.division_id}/${side.athlete}`)].map(([key, of]) => {
    const division = divisions.get(of[0]!.match.division_id)!
    return [key, standingOf(division, of[0]!.athlete, of, champions.get(division.id))] as const
  })
  const inRankings = standings.filter(([, standing]) => standing.division.ranked)
  const byAthlete = Map.groupBy(sides, (side) => side.athlete)
  const standingsOf = Map.groupBy(
    inRankings.map(([, standing]) => standing),
    (standing) => standing.athlete,
  )
  return {
    rankings: new Map(
      inRankings.map(([key, standing]) => [
        key,
        rankingOf(standing, athletes.get(standing.athlete)!, tables.published.get(key) ?? null),
      ]),
    ),
    athletes: new Map(
      tables.athletes.map((athlete) => [
        athlete.id,
        cardOf(athlete, byAthlete.get(athlete.id) ?? [], standingsOf.get(athlete.id) ?? [], divisions, athletes),
      ]),
    ),
    divisions: new Map(tables.divisions.map((division) => [division.id, divisionOf(division)])),
    places: placesOf(inRankings.map(([, standing]) => standing)),
  }
}

/** Per division the winner of the latest undisputed title bout that has one. */
function championsOf(sides: readonly Side[]): Map<string, string> {
  const champions = new Map<string, string>()
  for (const side of sides) {
    const { division_id: division, title } = side.match
    if (title === 'undisputed' && side.letter === 'W' && !champions.has(division)) champions.set(division, side.athlete)
  }
  return champions
}

function standingOf(division: DivisionRow, athlete: string, sides: Side[], champion: string | undefined): Standing {
  const won = sides.filter((side) => side.letter === 'W' && side.counts)
  const ranked = sides.some((side) => side.counts)
  return {
    division,
    athlete,
    sides,
    ranked,
    champion: ranked && champion === athlete,
    points: sides.reduce((sum, side) => sum + side.worth * side.share, 0),
    wins: won.length,
    lastWin: won[0]?.match.date ?? null,
  }
}

function placesOf(standings: readonly Standing[]): Map<string, number> {
  const places = new Map<string, number>()
  for (const of of Map.groupBy(
    standings.filter((each) => each.ranked),
    (each) => each.division.id,
  ).values()) {
    of.sort(inOrder).forEach((standing, i) => places.set(`${standing.division.id}/${standing.athlete}`, i + 1))
  }
  return places
}

/** Champion, points, number of wins that count, date of the last of them (latest first), athlete id. */
function inOrder(a: Standing, b: Standing): number {
  if (a.champion !== b.champion) return a.champion ? -1 : 1
  if (a.points !== b.points) return b.points - a.points
  if (a.wins !== b.wins) return b.wins - a.wins
  if (a.lastWin !== b.lastWin) return (a.lastWin ?? '') > (b.lastWin ?? '') ? -1 : 1
  return a.athlete < b.athlete ? -1 : 1
}

const recordOf = (sides: readonly Side[]) => {
  const count = (letter: string) => sides.filter((side) => side.letter === letter).length
  return { wins: count('W'), losses: count('L'), draws: count('D'), noContests: count('NC') }
}

const formOf = (sides: readonly Side[]) => sides.slice(0, 5).map((side) => side.letter)

function rankingOf(standing: Standing, athlete: AthleteRow, previousPlace: number | null): object {
  const { division, sides } = standing
  return {
    name: athlete.name,
    nickname: athlete.nickname,
    country: athlete.country,
    synthetic: athlete.synthetic,
    division: {
      slug: division.slug,
      name: division.name,
      sex: division.sex,
      weightClass: division.weight_class,
      order: division.display_order,
    },
    ranked: standing.ranked,
    active: sides.some((side) => side.counts && side.share === 1),
    champion: standing.champion,
    points: standing.points,
    wins: standing.wins,
    last_win: standing.lastWin,
    record: recordOf(sides),
    finishes: sides.filter((side) => side.isFinish).length,
    form: formOf(sides),
    previousPlace,
  }
}

function cardOf(
  athlete: AthleteRow,
  sides: readonly Side[],
  standings: readonly Standing[],
  divisions: ReadonlyMap<string, DivisionRow>,
  athletes: ReadonlyMap<string, AthleteRow>,
): object {
  return {
    name: athlete.name,
    nickname: athlete.nickname,
    country: athlete.country,
    synthetic: athlete.synthetic,
    record: recordOf(sides),
    form: formOf(sides),
    divisions: [...standings]
      .sort((a, b) => a.division.display_order - b.division.display_order || (a.division.id < b.division.id ? -1 : 1))
      .map(({ division, ranked, champion, points, wins, sides: own }) => ({
        id: division.id,
        slug: division.slug,
        name: division.name,
        sex: division.sex,
        weightClass: division.weight_class,
        ranked,
        champion,
        points,
        wins,
        record: recordOf(own),
        form: formOf(own),
      })),
    bouts: sides.map((side) => boutOf(side, divisions.get(side.match.division_id)!, athletes.get(side.opponent)!)),
  }
}

function boutOf({ match, opponent, letter, worth, share }: Side, division: DivisionRow, against: AthleteRow): object {
  const counted = division.ranked ? worth : 0
  return {
    matchId: match.id,
    date: match.date,
    event: match.event,
    division: division.name,
    opponent: { id: opponent, name: against.name },
    title: match.title,
    result: letter,
    overturned: match.outcome === 'overturned',
    method: match.method,
    round: match.round,
    time: match.time,
    worth: counted,
    share,
    points: counted * share,
  }
}

const divisionOf = (division: DivisionRow) => ({
  id: division.id,
  slug: division.slug,
  name: division.name,
  sex: division.sex,
  weightClass: division.weight_class,
  limitLbs: division.limit_lbs,
  ranked: division.ranked,
  order: division.display_order,
})
