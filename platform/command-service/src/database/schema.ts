import type { ColumnType, Generated } from 'kysely'
import type { Title } from '@platform/contracts'

/** The write side as Kysely sees it; the migrations beside it are the truth. */
export interface WriteSchema {
  'tournament.divisions': Division
  'tournament.athletes': Athlete
  'tournament.events': Event
  'tournament.matches': Match
  'tournament.corrections': CorrectionRow
  'tournament.ranking_periods': RankingPeriod
  'tournament.published_places': PublishedPlace
  'tournament.idempotency_keys': IdempotencyKey
}

type Instant = ColumnType<Date, Date | string, Date | string>
type Stamp = ColumnType<Date, never, never>

export interface Division {
  id: string
  slug: string
  name: string
  sex: 'male' | 'female'
  weight_class: string
  limit_lbs: ColumnType<string | null, number | null, number | null>
  ranked: boolean
  display_order: number
  created_at: Stamp
}

export interface Athlete {
  id: string
  name: string
  nickname: string | null
  country: string | null
  listed_weight_lbs: ColumnType<string | null, number | null, number | null>
  synthetic: Generated<boolean>
  source_ref: string | null
  created_at: Stamp
}

export interface Event {
  id: string
  name: string
  /** `2024-12-07` */
  date: string
  location: string | null
  source_ref: string | null
  created_at: Stamp
}

export const outcomes = ['win', 'draw', 'no_contest', 'overturned'] as const
export type Outcome = (typeof outcomes)[number]

export const methods = [
  'ko_tko',
  'doctors_stoppage',
  'submission',
  'decision_unanimous',
  'decision_split',
  'decision_majority',
  'disqualification',
  'could_not_continue',
  'other',
] as const
export type Method = (typeof methods)[number]

export interface Match {
  id: string
  event_id: string
  division_id: string
  athlete_a: string
  athlete_b: string
  card_order: number
  title: Generated<Title>
  outcome: Outcome | null
  winner_id: string | null
  method: Method | null
  round: number | null
  time: string | null
  completed_at: Instant | null
  corrected_at: Instant | null
  source_ref: string | null
  created_at: Stamp
}

export interface CorrectionRow {
  id: string
  match_id: string
  kind: 'overturned' | 'winner_changed' | 'no_contest'
  previous_outcome: string
  previous_winner_id: string | null
  winner_id: string | null
  reason: string | null
  corrected_at: Stamp
}

export interface RankingPeriod {
  id: string
  number: Generated<number>
  ranking_date: string
  started_at: Stamp
}

export interface PublishedPlace {
  period_id: string
  division_id: string
  athlete_id: string
  place: number
}

export interface IdempotencyKey {
  key: string
  request_hash: string
  status: number | null
  body: ColumnType<unknown, string | null, string | null>
  created_at: Stamp
}
