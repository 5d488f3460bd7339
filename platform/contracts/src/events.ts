import { z } from 'zod'

/**
 * What the command service tells the world. Events name keys and facts, no personal data; they only grow (new optional
 * fields, new types), so that a consumer of today understands those of next year.
 */
const id = z.uuid()
const instant = z.iso.datetime({ offset: true })

/** `undisputed` and `interim` bouts are title bouts; only an undisputed one makes a champion. */
export const titles = ['none', 'interim', 'undisputed'] as const
export const title = z.enum(titles)

const bout = {
  matchId: id,
  divisionId: id,
  athleteIds: z.tuple([id, id]),
  title,
}

export const athleteRegistered = z.object({ type: z.literal('AthleteRegistered'), athleteId: id })
export const athleteRenamed = z.object({ type: z.literal('AthleteRenamed'), athleteId: id })
/** Something else about an athlete changed: country, nickname. */
export const athleteUpdated = z.object({ type: z.literal('AthleteUpdated'), athleteId: id })
export const divisionCreated = z.object({ type: z.literal('DivisionCreated'), divisionId: id })
export const divisionRenamed = z.object({ type: z.literal('DivisionRenamed'), divisionId: id })
export const eventScheduled = z.object({ type: z.literal('EventScheduled'), eventId: id })
export const matchScheduled = z.object({ type: z.literal('MatchScheduled'), ...bout })

export const matchCompleted = z.object({
  type: z.literal('MatchCompleted'),
  ...bout,
  /** Null for a draw and for a no contest. */
  winnerId: id.nullable(),
  /** When the bout ended; in an import it lies years back. */
  occurredAt: instant,
})

export const corrections = ['overturned', 'winner_changed', 'no_contest'] as const

export const matchResultCorrected = z.object({
  type: z.literal('MatchResultCorrected'),
  ...bout,
  winnerId: id.nullable(),
  correction: z.enum(corrections),
  occurredAt: instant,
})

/** The ranking date has moved, and places were published: points age without any bout. */
export const rankingPeriodStarted = z.object({
  type: z.literal('RankingPeriodStarted'),
  periodId: id,
  rankingDate: z.iso.date(),
})

export const platformEvent = z.discriminatedUnion('type', [
  athleteRegistered,
  athleteRenamed,
  athleteUpdated,
  divisionCreated,
  divisionRenamed,
  eventScheduled,
  matchScheduled,
  matchCompleted,
  matchResultCorrected,
  rankingPeriodStarted,
])

export type PlatformEvent = z.infer<typeof platformEvent>
export type MatchCompleted = z.infer<typeof matchCompleted>
export type MatchResultCorrected = z.infer<typeof matchResultCorrected>
export type Title = z.infer<typeof title>
export type Correction = (typeof corrections)[number]

/** All event types, for `cornerman check`. */
export const eventTypes: readonly string[] = platformEvent.options.map((each) => each.shape.type.value)
