import type { AthleteAnswer, RankingsAnswer, Title } from '@platform/contracts'
import type { Platform } from '../platform.ts'

/** What a bout is told to have been; the first of the two has won unless something else is said. */
export interface Told {
  winner?: string | null
  outcome?: 'win' | 'draw' | 'no_contest'
  method?: string
  title?: Title
  cardOrder?: number
}

let number = 0

/** What has happened in one division, told by names; and the ranking that comes of it. */
export class Story {
  readonly divisionId: string
  readonly #platform: Platform
  readonly #athletes: Map<string, string>
  readonly #matches: string[] = []
  #position = 0

  private constructor(platform: Platform, divisionId: string, athletes: Map<string, string>) {
    this.#platform = platform
    this.divisionId = divisionId
    this.#athletes = athletes
  }

  /** A new division; of the people of another story, if one is given. */
  static async begin(platform: Platform, { ranked = true, people }: { ranked?: boolean; people?: Story } = {}) {
    const slug = `story-${++number}`
    const { id } = await platform.command.done('/divisions', {
      slug,
      name: slug,
      sex: 'female',
      weightClass: slug,
      ranked,
    })
    return new Story(platform, id, people === undefined ? new Map() : people.#athletes)
  }

  async idOf(name: string): Promise<string> {
    const known = this.#athletes.get(name)
    if (known !== undefined) return known
    const { id } = await this.#platform.command.done('/athletes', { name })
    this.#athletes.set(name, id)
    return id
  }

  /** A bout with its result, each on an evening of its own; returns its number. */
  async bout(date: string, a: string, b: string, told: Told = {}): Promise<number> {
    return this.result(await this.scheduled(date, a, b, told), told.winner === undefined ? a : told.winner, told)
  }

  async scheduled(date: string, a: string, b: string, { title = 'none', cardOrder = 1 }: Told = {}): Promise<number> {
    const { command } = this.#platform
    const event = await command.done('/events', { name: `${a} against ${b}`, date })
    const athleteIds = [await this.idOf(a), await this.idOf(b)]
    const match = { eventId: event.id, divisionId: this.divisionId, athleteIds, title, cardOrder }
    this.#matches.push((await command.done('/matches', match)).id)
    return this.#matches.length - 1
  }

  async result(bout: number, winner: string | null, { outcome, method }: Told = {}): Promise<number> {
    const winnerId = winner === null ? null : await this.idOf(winner)
    const told = { matchId: this.#matches[bout], winnerId, outcome, method }
    this.#position = (await this.#platform.command.done('/matches/result', told)).position
    return bout
  }

  async correct(bout: number, kind: string, winner?: string): Promise<void> {
    const winnerId = winner === undefined ? undefined : await this.idOf(winner)
    const url = `/matches/${this.#matches[bout]}/correction`
    this.#position = (await this.#platform.command.done(url, { kind, winnerId })).position
  }

  /** Moves the ranking date, of all divisions. */
  async period(rankingDate: string): Promise<void> {
    this.#position = (await this.#platform.command.done('/rankings/periods', { rankingDate })).position
  }

  /** The rows of the division in their places, by name. */
  async rankings(more = ''): Promise<(RankingsAnswer['data'][number] & { who: string })[]> {
    const { data } = await this.#platform.read<RankingsAnswer>(
      `/rankings?division=${this.divisionId}&limit=100${more}`,
      this.#position,
    )
    return data.map((row) => ({ ...row, who: row.athlete.name }))
  }

  /** Points by name, of all who are ranked. */
  async points(): Promise<Record<string, number>> {
    return Object.fromEntries((await this.rankings()).map(({ who, points }) => [who, points]))
  }

  async names(): Promise<string[]> {
    return (await this.rankings()).map(({ who }) => who)
  }

  async card(name: string): Promise<AthleteAnswer['data']> {
    const answer = await this.#platform.read<AthleteAnswer>(`/athletes/${await this.idOf(name)}`, this.#position)
    return answer.data
  }
}
