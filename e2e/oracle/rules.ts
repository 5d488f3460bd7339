import type { MatchRow } from './writeTables.ts'

/** The ranking rule in words of this file alone: nothing here looks at the published views or the projections. */
export interface Rules {
  win: number
  finishBonus: number
  titleFactor: number
  draw: number
  fullMonths: number
  halfMonths: number
}

export const rules: Rules = { win: 100, finishBonus: 20, titleFactor: 2, draw: 50, fullMonths: 12, halfMonths: 24 }

/** The day so many months before, as calendars have it: the last day of a shorter month. Days are `2024-12-07`. */
export function monthsBefore(day: string, months: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const index = year * 12 + (month - 1) - months
  const [y, m] = [Math.floor(index / 12), (index % 12) + 1]
  const lastDay = new Date(Date.UTC(y, m, 0)).getUTCDate()
  return `${String(y).padStart(4, '0')}-${String(m).padStart(2, '0')}-${String(Math.min(date, lastDay)).padStart(2, '0')}`
}

const finishes = new Set(['ko_tko', 'doctors_stoppage', 'submission'])

/** A bout from the side of one of the two. */
export interface Side {
  match: MatchRow
  athlete: string
  opponent: string
  letter: 'W' | 'L' | 'D' | 'NC'
  isFinish: boolean
  worth: number
  share: number
  /** Whether it makes the athlete a ranked one. */
  counts: boolean
}

export function sidesOf(match: MatchRow, rankingDate: string, by: Rules): Side[] {
  if (match.outcome === null) return []
  const share =
    match.date > monthsBefore(rankingDate, by.fullMonths)
      ? 1
      : match.date > monthsBefore(rankingDate, by.halfMonths)
        ? 0.5
        : 0
  return [
    [match.athlete_a, match.athlete_b],
    [match.athlete_b, match.athlete_a],
  ].map(([athlete, opponent]) => {
    const hasWon = match.outcome === 'win' && match.winner_id === athlete
    const letter = hasWon ? 'W' : match.outcome === 'win' ? 'L' : match.outcome === 'draw' ? 'D' : 'NC'
    const isFinish = hasWon && finishes.has(match.method ?? '')
    const plain = letter === 'W' ? by.win + (isFinish ? by.finishBonus : 0) : letter === 'D' ? by.draw : 0
    const worth = plain * (match.title === 'none' ? 1 : by.titleFactor)
    return {
      match,
      athlete: athlete!,
      opponent: opponent!,
      letter,
      isFinish,
      worth,
      share,
      counts: share > 0 && letter !== 'NC',
    }
  })
}

/** Newest first; of one day, the main event first. */
export function newestFirst(a: Side, b: Side): number {
  if (a.match.date !== b.match.date) return a.match.date > b.match.date ? -1 : 1
  return a.match.card_order - b.match.card_order || (a.match.id < b.match.id ? -1 : 1)
}
