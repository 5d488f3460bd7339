import type { FormLetter, RankingRow } from '@platform/contracts'

type Record = RankingRow['record']

/** Wins, losses, draws as one reads them: `24–3–1`, and no contests where there are any. */
export function recordText({ wins, losses, draws, noContests }: Record): string {
  return `${wins}–${losses}–${draws}${noContests > 0 ? ` (${noContests} NC)` : ''}`
}

/** The same for whoever hears it. */
export function recordWords({ wins, losses, draws, noContests }: Record): string {
  const words = [counted(wins, 'win'), counted(losses, 'loss', 'losses'), counted(draws, 'draw')]
  if (noContests > 0) words.push(counted(noContests, 'no contest'))
  return words.join(', ')
}

export const formWords: { readonly [K in FormLetter]: string } = { W: 'win', L: 'loss', D: 'draw', NC: 'no contest' }

export interface Movement {
  direction: 'up' | 'down' | 'same' | 'new' | 'none'
  text: string
  words: string
}

/** The way since the places were last published: a smaller place is a rise. */
export function movementOf({ place, movement }: Pick<RankingRow, 'place' | 'movement'>): Movement {
  if (place === null) return { direction: 'none', text: '', words: 'not ranked' }
  if (movement === null) return { direction: 'new', text: 'new', words: 'new in the ranking' }
  if (movement === 0) return { direction: 'same', text: '', words: 'unchanged' }
  const places = counted(Math.abs(movement), 'place')
  return movement < 0
    ? { direction: 'up', text: String(-movement), words: `up ${places}` }
    : { direction: 'down', text: String(movement), words: `down ${places}` }
}

/** `1` → `1st` */
export function ordinal(n: number): string {
  const suffix = { one: 'st', two: 'nd', few: 'rd', other: 'th' }[ordinals.select(n) as 'one' | 'two' | 'few' | 'other']
  return `${n}${suffix}`
}

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' })
const numbers = new Intl.NumberFormat('en')
const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' })

const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })

/** `2024-12-07` → `7 Dec 2024` */
export const dayText = (day: string): string => days.format(new Date(day))

export const numberText = (n: number): string => numbers.format(n)

export const countryName = (code: string): string => countries.of(code) ?? code

export function counted(n: number, one: string, many = `${one}s`): string {
  return `${numbers.format(n)} ${n === 1 ? one : many}`
}
