import { describe, expect, test } from 'vitest'
import { eventTypes, matchCompleted, platformEvent } from './events.ts'

const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

const completed = {
  type: 'MatchCompleted',
  matchId: id(1),
  divisionId: id(2),
  athleteIds: [id(3), id(4)],
  title: 'none',
  winnerId: id(3),
  occurredAt: '2024-12-07T22:00:00.000Z',
}

describe('an event', () => {
  test('of each type is told by its type', () => {
    expect(platformEvent.parse(completed)).toEqual(completed)
    expect([...eventTypes].sort()).toEqual([
      'AthleteRegistered',
      'AthleteRenamed',
      'AthleteUpdated',
      'DivisionCreated',
      'DivisionRenamed',
      'EventScheduled',
      'MatchCompleted',
      'MatchResultCorrected',
      'MatchScheduled',
      'RankingPeriodStarted',
    ])
    expect(platformEvent.safeParse({ ...completed, type: 'MatchForgotten' }).success).toBe(false)
  })

  test('of next year, with a field more, is understood today', () => {
    expect(matchCompleted.parse({ ...completed, judges: 3 })).toEqual(completed)
  })

  test('without a winner is one of a draw or a no contest', () => {
    expect(matchCompleted.parse({ ...completed, winnerId: null }).winnerId).toBeNull()
    const { winnerId: _, ...without } = completed
    expect(matchCompleted.safeParse(without).success).toBe(false)
  })

  test.each([
    { athleteIds: [id(3)] },
    { athleteIds: [id(3), id(4), id(5)] },
    { winnerId: 'Ana' },
    { occurredAt: '2024-12-07' },
    { title: 'silver' },
  ])('that breaks the contract, %j, is refused', (broken) => {
    expect(matchCompleted.safeParse({ ...completed, ...broken }).success).toBe(false)
  })
})
