import type { Correction, MatchCompleted, MatchResultCorrected, Title } from '@platform/contracts'
import type { Match, Method, Outcome } from '../database/schema.ts'
import { conflict, contradiction } from '@platform/http'

/** What of a match its result depends on. */
export type ScheduledMatch = Pick<Match, 'id' | 'division_id' | 'athlete_a' | 'athlete_b' | 'outcome' | 'winner_id'> & {
  title: Title
}

export interface Result {
  matchId: string
  winnerId: string | null
  /** Without a winner: a draw or a no contest. Defaults to `win` with a winner, to `draw` without. */
  outcome?: 'win' | 'draw' | 'no_contest' | 'overturned' | undefined
  method?: Method | undefined
  round?: number | undefined
  /** In the round: `4:59`. */
  time?: string | undefined
  completedAt?: Date | undefined
}

export interface Completion {
  row: {
    id: string
    outcome: Outcome
    winner_id: string | null
    method: Method | null
    round: number | null
    time: string | null
    completed_at: string
  }
  event: MatchCompleted
}

/** The result of a match as its row and its event; refused when it contradicts the match. */
export function complete(match: ScheduledMatch, result: Result): Completion {
  const outcome = result.outcome ?? (result.winnerId === null ? 'draw' : 'win')
  if (match.outcome !== null)
    throw conflict(
      'RESULT_EXISTS',
      `match ${match.id} has a result already; correct it by POST /matches/${match.id}/correction`,
    )
  refuseStranger(match, result.winnerId)
  if ((outcome === 'win') !== (result.winnerId !== null)) {
    throw contradiction(
      'WINNER_CONTRADICTS_OUTCOME',
      'winnerId',
      outcome === 'win' ? 'a win has a winner' : `a bout that ended as ${outcome} has no winner: winnerId must be null`,
    )
  }
  const completedAt = (result.completedAt ?? new Date()).toISOString()
  return {
    row: {
      id: match.id,
      outcome,
      winner_id: result.winnerId,
      method: result.method ?? null,
      round: result.round ?? null,
      time: result.time ?? null,
      completed_at: completedAt,
    },
    event: { type: 'MatchCompleted', ...boutOf(match), winnerId: result.winnerId, occurredAt: completedAt },
  }
}

export interface CorrectedResult {
  outcome: Outcome
  winnerId: string | null
  event: MatchResultCorrected
}

/** The result of a match after a correction; refused when there is nothing to correct. */
export function correct(
  match: ScheduledMatch,
  correction: { kind: Correction; winnerId?: string | undefined },
  at: Date,
): CorrectedResult {
  if (match.outcome === null)
    throw conflict('NO_RESULT', `match ${match.id} has no result yet: there is nothing to correct`)
  const winnerId = correction.kind === 'winner_changed' ? changedWinner(match, correction.winnerId) : null
  const outcome = { overturned: 'overturned', winner_changed: 'win', no_contest: 'no_contest' }[
    correction.kind
  ] as Outcome
  if (correction.kind !== 'winner_changed' && correction.winnerId !== undefined) {
    throw contradiction(
      'WINNER_CONTRADICTS_OUTCOME',
      'winnerId',
      `a correction to ${correction.kind} has no winner: leave winnerId out`,
    )
  }
  if (match.outcome === outcome && match.winner_id === winnerId)
    throw conflict('NOTHING_CHANGES', `match ${match.id} has this result already`)
  return {
    outcome,
    winnerId,
    event: {
      type: 'MatchResultCorrected',
      ...boutOf(match),
      winnerId,
      correction: correction.kind,
      occurredAt: at.toISOString(),
    },
  }
}

function changedWinner(match: ScheduledMatch, winnerId: string | undefined): string {
  if (winnerId === undefined) throw contradiction('WINNER_MISSING', 'winnerId', 'a changed winner must be named')
  refuseStranger(match, winnerId)
  return winnerId
}

function refuseStranger(match: ScheduledMatch, winnerId: string | null): void {
  if (winnerId === null || winnerId === match.athlete_a || winnerId === match.athlete_b) return
  throw contradiction(
    'WINNER_DID_NOT_FIGHT',
    'winnerId',
    `${winnerId} did not fight in match ${match.id}: it was ${match.athlete_a} against ${match.athlete_b}`,
  )
}

const boutOf = (match: ScheduledMatch) => ({
  matchId: match.id,
  divisionId: match.division_id,
  athleteIds: [match.athlete_a, match.athlete_b] as [string, string],
  title: match.title,
})
