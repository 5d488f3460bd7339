import { randomUUID } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { registerAthletes } from '../athletes/athleteCommands.ts'
import { createDivisions } from '../divisions/divisionCommands.ts'
import { scheduleEvents } from '../events/eventCommands.ts'
import type { Result } from '../matches/match.ts'
import { correctResult, type NewMatch, recordResults, scheduleMatches } from '../matches/matchCommands.ts'
import type { WriteTransaction } from '../outbox.ts'
import { startPeriod } from '../rankings/periodCommands.ts'
import { DivisionCareer, type SeedAthlete } from './career.ts'
import { seedDivisions } from './divisions.ts'
import { people } from './names.ts'
import { Random } from './random.ts'

export interface SeedOptions {
  seed?: number
  athletesPerDivision?: number
  weeks?: number
  eventsPerWeek?: number
  boutsPerEvent?: number
  /** The day up to which the seed tells the story. */
  today?: Date
  onProgress?: (done: number, total: number) => void
}

const defaults = { seed: 20_260_101, athletesPerDivision: 150, weeks: 156, eventsPerWeek: 5, boutsPerEvent: 14 }
const cities = [
  'São Paulo',
  'Kraków',
  'Ōsaka',
  'Denver',
  'Guadalajara',
  'Lyon',
  'Köln',
  'İzmir',
  'Malmö',
  'Brno',
  'Lagos',
  'Dublin',
  'Leeds',
  'Chengdu',
  'Busan',
  'Tbilisi',
  'Almaty',
  'Auckland',
  'Trondheim',
  'Split',
]
const dayMs = 86_400_000

/**
 * A made-up federation of three years: everybody in it is marked synthetic. Runs through the same commands as life does, in one
 * transaction: what is killed in the middle leaves nothing.
 */
export function seed(db: Database, options: SeedOptions = {}): Promise<{ athletes: number; bouts: number }> {
  return db.transaction().execute((trx) => seedIn(trx, options))
}

async function seedIn(trx: WriteTransaction, options: SeedOptions): Promise<{ athletes: number; bouts: number }> {
  const {
    seed: number,
    athletesPerDivision,
    weeks,
    eventsPerWeek,
    boutsPerEvent,
    today = new Date(),
    onProgress,
  } = { ...defaults, ...options }
  const random = new Random(number)
  const { ids: divisionIds } = await createDivisions(trx, seedDivisions)
  const careers = []
  const taken = new Set<string>()
  for (const [i, division] of seedDivisions.entries())
    careers.push(await recruit(trx, random, divisionIds[i]!, division.sex, athletesPerDivision, taken))
  const lastSaturday = new Date(today.getTime() - ((today.getUTCDay() + 1) % 7) * dayMs)
  let bouts = 0
  for (let week = 0; week < weeks; week++) {
    // Places are published before the last week, so that there is movement to see.
    const saturday = new Date(lastSaturday.getTime() - (weeks - 1 - week) * 7 * dayMs)
    if (week === weeks - 1) await startPeriod(trx, day(saturday))
    bouts += await fightWeek(trx, random, { careers, week, saturday, eventsPerWeek, boutsPerEvent })
    onProgress?.(week + 1, weeks)
  }
  return { athletes: seedDivisions.length * athletesPerDivision, bouts }
}

const day = (date: Date) => date.toISOString().slice(0, 10)

async function recruit(
  trx: WriteTransaction,
  random: Random,
  divisionId: string,
  sex: 'male' | 'female',
  count: number,
  taken: Set<string>,
): Promise<DivisionCareer> {
  const persons = people(random, sex, count, taken)
  // Two of one name: it happens, and a search must live with it.
  persons[count - 1] = { ...persons[0]!, nickname: null }
  const athletes = persons.map((person) => ({ ...person, id: randomUUID(), synthetic: true }))
  await registerAthletes(trx, athletes)
  const seeded: SeedAthlete[] = athletes.map(({ id }) => ({ id, skill: random.normal(), lastFought: -100 }))
  return new DivisionCareer(divisionId, seeded, random)
}

interface FightWeek {
  careers: readonly DivisionCareer[]
  week: number
  saturday: Date
  eventsPerWeek: number
  boutsPerEvent: number
}

async function fightWeek(
  trx: WriteTransaction,
  random: Random,
  { careers, week, saturday, eventsPerWeek, boutsPerEvent }: FightWeek,
): Promise<number> {
  const events = Array.from({ length: eventsPerWeek }, (_, i) => ({
    id: randomUUID(),
    name: `Fight Night ${week * eventsPerWeek + i + 1}: ${random.pick(cities)}`,
    date: day(new Date(saturday.getTime() - (i % 2) * dayMs)),
    location: null,
  }))
  const matches: NewMatch[] = []
  const results: Result[] = []
  for (const event of events) {
    for (let cardOrder = 1; cardOrder <= boutsPerEvent; cardOrder++) {
      const career = random.pick(careers)
      const { match, result } = career.bout(week, event.id, cardOrder, new Date(`${event.date}T22:00:00Z`))
      matches.push(match)
      results.push(result)
    }
  }
  await scheduleEvents(trx, events)
  await scheduleMatches(trx, matches)
  await recordResults(trx, results)
  const doubtful = results.filter((result) => result.winnerId !== null && random.chance(0.004))
  for (const { matchId } of doubtful) await correctResult(trx, matchId, { kind: 'overturned', reason: 'failed test' })
  return matches.length
}
