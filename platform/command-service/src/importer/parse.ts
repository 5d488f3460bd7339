import type { Method } from '../database/schema.ts'
import type { CsvRow } from './readCsv.ts'
import { type BoutClass, boutClassOf } from './weightClass.ts'

export const eventColumns = ['EVENT', 'DATE'] as const
export const resultColumns = ['EVENT', 'BOUT', 'OUTCOME', 'WEIGHTCLASS', 'METHOD'] as const
export const fighterColumns = ['FIGHTER'] as const

export interface PublishedEvent {
  line: number
  name: string
  date: string
  location: string | null
  ref: string
}

export interface PublishedFighter {
  name: string
  weightLbs: number | null
  ref: string
}

export interface PublishedResult {
  line: number
  event: string
  fighters: [string, string]
  /** Which of the two has won; null for none. */
  winner: 0 | 1 | null
  outcome: 'win' | 'draw' | 'no_contest' | 'overturned'
  boutClass: BoutClass
  method: Method | null
  round: number | null
  time: string | null
  ref: string
}

const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]

/** `December 14, 2024` or `2024-12-14`, as a day; `undefined` when it is none. */
export function dayOf(text: string): string | undefined {
  const match = /^([A-Za-z]+)\.? (\d{1,2}), (\d{4})$/.exec(text)
  const month =
    match === null ? -1 : months.findIndex((name) => name.startsWith(match[1]!.toLowerCase()) && match[1]!.length >= 3)
  const day = match === null ? text : `${match[3]}-${String(month + 1).padStart(2, '0')}-${match[2]!.padStart(2, '0')}`
  const date = /^\d{4}-\d{2}-\d{2}$/.test(day) ? new Date(`${day}T00:00:00Z`) : undefined
  return date !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) ? day : undefined
}

/** A published line as what it means, or why it means nothing. */
export type Parsed<T> = { value: T } | { reason: string }

export function parseEvent({ line, values }: CsvRow): Parsed<PublishedEvent> {
  const name = values['EVENT']!
  const date = dayOf(values['DATE']!)
  if (name === '') return { reason: 'EVENT is empty' }
  if (date === undefined) return { reason: `DATE is no day: ${values['DATE']}` }
  return {
    value: { line, name, date, location: values['LOCATION'] || null, ref: values['URL'] || `event:${name}|${date}` },
  }
}

export function parseFighter({ values }: CsvRow): Parsed<PublishedFighter> {
  const name = values['FIGHTER']!
  if (!isName(name)) return { reason: `FIGHTER is no name: ${JSON.stringify(name)}` }
  const weight = /^(\d+(?:\.\d+)?) ?lbs\.?$/.exec(values['WEIGHT'] ?? '')
  return {
    value: { name, weightLbs: weight === null ? null : Number(weight[1]), ref: values['URL'] || fromName(name) },
  }
}

/** The reference of somebody whom nobody lists. */
export const fromName = (name: string): string => `name:${name}`

const isName = (name: string) => name.length > 0 && name.length <= 200 && !/[\p{Cc}\p{Cs}]/u.test(name)

const outcomes = new Map<string, Pick<PublishedResult, 'winner' | 'outcome'>>([
  ['W/L', { winner: 0, outcome: 'win' }],
  ['L/W', { winner: 1, outcome: 'win' }],
  ['D/D', { winner: null, outcome: 'draw' }],
  ['NC/NC', { winner: null, outcome: 'no_contest' }],
])

const methods = new Map<string, Method>([
  ['KO/TKO', 'ko_tko'],
  ["TKO - Doctor's Stoppage", 'doctors_stoppage'],
  ['Submission', 'submission'],
  ['Decision - Unanimous', 'decision_unanimous'],
  ['Decision - Split', 'decision_split'],
  ['Decision - Majority', 'decision_majority'],
  ['DQ', 'disqualification'],
  ['Could Not Continue', 'could_not_continue'],
  ['Other', 'other'],
])

const overturned = 'Overturned'

export function parseResult({ line, values }: CsvRow): Parsed<PublishedResult> {
  const [event, bout, outcomeText, weightClass, method] = resultColumns.map((name) => values[name]!) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const fighters = bout.split(/ vs\.? /).map((name) => name.trim())
  const outcome = outcomes.get(outcomeText)
  const boutClass = boutClassOf(weightClass)
  if (event === '') return { reason: 'EVENT is empty' }
  if (fighters.length !== 2 || !fighters.every(isName)) return { reason: `BOUT does not name two fighters: ${bout}` }
  if (fighters[0] === fighters[1]) return { reason: `BOUT names one fighter twice: ${bout}` }
  if (outcome === undefined) return { reason: `OUTCOME is none of ${[...outcomes.keys()].join(', ')}: ${outcomeText}` }
  if (boutClass === undefined) return { reason: `WEIGHTCLASS is not known: ${weightClass}` }
  if (!methods.has(method) && method !== overturned) return { reason: `METHOD is not known: ${method}` }
  const isOverturned = method === overturned
  return {
    value: {
      line,
      event,
      fighters: fighters as [string, string],
      ...(isOverturned ? { winner: null, outcome: 'overturned' } : outcome),
      boutClass,
      method: methods.get(method) ?? null,
      round: /^[1-9]\d?$/.test(values['ROUND'] ?? '') ? Number(values['ROUND']) : null,
      time: /^\d{1,2}:[0-5]\d$/.test(values['TIME'] ?? '') ? values['TIME']! : null,
      ref: values['URL'] || `bout:${event}|${bout}`,
    },
  }
}
