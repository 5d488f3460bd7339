import { randomUUID } from 'node:crypto'
import type { Method } from '../database/schema.ts'
import type { Result } from '../matches/match.ts'
import type { NewMatch } from '../matches/matchCommands.ts'
import type { Random } from './random.ts'

export interface SeedAthlete {
  id: string
  skill: number
  lastFought: number
}

/** One division through the years: who fights whom, who wins, who is the champion. */
export class DivisionCareer {
  readonly divisionId: string
  readonly #athletes: SeedAthlete[]
  readonly #random: Random
  #champion: SeedAthlete | undefined
  #lastTitleWeek = -100

  constructor(divisionId: string, athletes: SeedAthlete[], random: Random) {
    this.divisionId = divisionId
    this.#athletes = athletes
    this.#random = random
  }

  /** A bout of this week with its result. */
  bout(week: number, eventId: string, cardOrder: number, completedAt: Date): { match: NewMatch; result: Result } {
    const isTitle = cardOrder === 1 && week - this.#lastTitleWeek >= 12
    const [a, b] = this.#pair(week, isTitle)
    if (isTitle) this.#lastTitleWeek = week
    const id = randomUUID()
    const title = isTitle ? (this.#random.chance(0.08) ? 'interim' : 'undisputed') : 'none'
    const result = this.#result(a, b)
    if (title === 'undisputed' && result.winnerId !== null) this.#champion = result.winnerId === a.id ? a : b
    for (const athlete of [a, b]) athlete.lastFought = week
    return {
      match: { id, eventId, divisionId: this.divisionId, athleteIds: [a.id, b.id], title, cardOrder },
      result: { matchId: id, ...result, completedAt },
    }
  }

  #pair(week: number, isTitle: boolean): [SeedAthlete, SeedAthlete] {
    const free = this.#athletes.filter((athlete) => week - athlete.lastFought >= 6)
    // A small division rests less.
    const rested = free.length < 8 ? this.#athletes : free
    if (isTitle) {
      const contenders = rested.filter((athlete) => athlete !== this.#champion).sort((x, y) => y.skill - x.skill)
      const holder = this.#champion ?? contenders.shift()!
      return [holder, contenders[this.#random.integer(0, 3)]!]
    }
    const a = this.#random.pick(rested)
    const near = rested
      .filter((athlete) => athlete !== a)
      .sort((x, y) => Math.abs(x.skill - a.skill) - Math.abs(y.skill - a.skill))
    return [a, near[this.#random.integer(0, Math.min(25, near.length - 1))]!]
  }

  #result(a: SeedAthlete, b: SeedAthlete): Omit<Result, 'matchId'> {
    const random = this.#random
    if (random.chance(0.012))
      return { winnerId: null, outcome: 'draw', method: 'decision_majority', round: 3, time: '5:00' }
    if (random.chance(0.008))
      return {
        winnerId: null,
        outcome: 'no_contest',
        method: 'could_not_continue',
        round: random.integer(1, 2),
        time: this.#time(),
      }
    const winner = random.chance(1 / (1 + Math.exp(b.skill - a.skill))) ? a : b
    const method = this.#method()
    const isDecision = method.startsWith('decision')
    return {
      winnerId: winner.id,
      outcome: 'win',
      method,
      round: isDecision ? 3 : random.integer(1, 3),
      time: isDecision ? '5:00' : this.#time(),
    }
  }

  #method(): Method {
    const dice = this.#random.next()
    const steps: [number, Method][] = [
      [0.32, 'ko_tko'],
      [0.335, 'doctors_stoppage'],
      [0.53, 'submission'],
      [0.85, 'decision_unanimous'],
      [0.94, 'decision_split'],
      [0.985, 'decision_majority'],
      [1.1, 'disqualification'],
    ]
    return steps.find(([upTo]) => dice < upTo)![1]
  }

  #time(): string {
    return `${this.#random.integer(0, 4)}:${String(this.#random.integer(0, 59)).padStart(2, '0')}`
  }
}
