import { z } from 'zod'
import { athleteDocument, divisionDocument, formLetter, record } from './readModels.ts'

/** What the query service answers. */
export const freshnessStates = ['FRESH', 'STALE', 'DEGRADED', 'LOST', 'UNKNOWN'] as const

export const meta = z.object({
  asOf: z.iso.datetime().describe('Everything committed before this instant is in the answer'),
  stalenessMs: z.int().nullable().describe('How old the answer is; null when the projector is silent'),
  position: z.int().describe('The outbox position up to which the answer goes'),
  generation: z.int(),
  state: z.enum(freshnessStates),
  after: z
    .object({ position: z.int(), reached: z.boolean(), parkedBelow: z.boolean() })
    .optional()
    .describe('With ?after=: whether the answer reflects that position'),
})

export const rankingRow = z.object({
  place: z.int().nullable().describe('Place in the division, whatever the filter, sort or page; null when not ranked'),
  movement: z
    .int()
    .nullable()
    .describe('Place now minus the place last published: negative is a rise; null when there was none'),
  athlete: z.object({
    id: z.uuid(),
    name: z.string(),
    nickname: z.string().nullable(),
    country: z.string().nullable(),
    flag: z.string().nullable(),
    synthetic: z.boolean(),
  }),
  division: divisionDocument.pick({ id: true, slug: true, name: true, sex: true, weightClass: true }),
  champion: z.boolean(),
  points: z.int(),
  wins: z.int().describe('Wins that count'),
  lastWin: z.iso.date().nullable(),
  active: z.boolean(),
  record,
  finishes: z.int(),
  form: z.array(formLetter),
})

export const rankingsAnswer = z.object({
  data: z.array(rankingRow),
  page: z.object({ limit: z.int(), next: z.string().nullable().describe('The cursor of the next page') }),
  meta,
})

export const divisionsAnswer = z.object({
  data: z.array(
    divisionDocument.extend({ athletes: z.int().describe('Ranked athletes'), countries: z.array(z.string()) }),
  ),
  meta,
})

export const athleteAnswer = z.object({
  data: athleteDocument.extend({
    id: z.uuid(),
    flag: z.string().nullable(),
    places: z.array(z.object({ divisionId: z.uuid(), place: z.int().nullable(), of: z.int() })),
  }),
  meta,
})

/** What the stream of `GET /rankings/stream` says, as `event: change`. */
export const rankingsChange = z.object({
  /** Divisions of which documents have changed; null when they cannot be told: read anew. */
  divisions: z.array(z.uuid()).nullable(),
  meta,
})

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
  traceId: z.string(),
})

export type AnswerMeta = z.infer<typeof meta>
export type RankingRow = z.infer<typeof rankingRow>
export type RankingsAnswer = z.infer<typeof rankingsAnswer>
export type DivisionsAnswer = z.infer<typeof divisionsAnswer>
export type AthleteAnswer = z.infer<typeof athleteAnswer>
export type RankingsChange = z.infer<typeof rankingsChange>
export type ProblemDocument = z.infer<typeof problem>

/** Fields by which rankings can be sorted; `-` before one turns it around. */
export const sortFields = ['place', 'points', 'name', 'wins', 'finishes', 'country', 'lastWin'] as const
export type SortField = (typeof sortFields)[number]
