import { z } from 'zod'

/** The documents as projections make them and the query service reads them: the contract between the two. */
export const formLetters = ['W', 'L', 'D', 'NC'] as const
export const formLetter = z.enum(formLetters)

export const record = z.object({
  wins: z.int(),
  losses: z.int(),
  draws: z.int(),
  noContests: z.int(),
})

export const sexes = ['male', 'female'] as const

export const divisionDocument = z.strictObject({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  sex: z.enum(sexes),
  weightClass: z.string(),
  /** The limit of the weight class in pounds, where there is one. */
  limitLbs: z.number().nullable(),
  /** Bouts of other divisions (catch weight, open weight) are on the record and in no ranking. */
  ranked: z.boolean(),
  /** Place among the tabs. */
  order: z.int(),
})

/** One athlete in one division: key division and athlete. Fields with an underscore are columns too: filters and sort keys. */
export const rankingDocument = z.strictObject({
  name: z.string(),
  /** Lower case, without accents and punctuation. */
  folded_name: z.string(),
  nickname: z.string().nullable(),
  /** ISO 3166-1 alpha-2. */
  country: z.string().nullable(),
  synthetic: z.boolean(),
  division: divisionDocument.pick({ slug: true, name: true, sex: true, weightClass: true, order: true }),
  division_order: z.int(),
  sex: z.enum(sexes),
  weight_class: z.string(),
  /** Whether a bout counts, other than a no contest or an overturned one. */
  ranked: z.boolean(),
  /** Whether a bout counts fully: within twelve months of the ranking date. */
  active: z.boolean(),
  champion: z.boolean(),
  points: z.int(),
  /** Wins that count, and the date of the last of them. */
  wins: z.int(),
  last_win: z.iso.date().nullable(),
  record,
  finishes: z.int(),
  /** The last five bouts in the division, newest first. */
  form: z.array(formLetter),
  /** The place that was published with the current period; null when there was none. */
  previousPlace: z.int().nullable(),
})

export const boutDocument = z.strictObject({
  matchId: z.uuid(),
  date: z.iso.date(),
  event: z.string(),
  division: z.string(),
  opponent: z.object({ id: z.uuid(), name: z.string() }),
  title: z.enum(['none', 'interim', 'undisputed']),
  result: formLetter,
  overturned: z.boolean(),
  method: z.string().nullable(),
  round: z.int().nullable(),
  time: z.string().nullable(),
  /** What the bout was worth at its date, and what of it counts now: `worth × share`. */
  worth: z.int(),
  share: z.number(),
  points: z.int(),
})

/** One athlete: the card that says why she is fourth. */
export const athleteDocument = z.strictObject({
  name: z.string(),
  nickname: z.string().nullable(),
  country: z.string().nullable(),
  synthetic: z.boolean(),
  record,
  form: z.array(formLetter),
  divisions: z.array(
    z.object({
      id: z.uuid(),
      slug: z.string(),
      name: z.string(),
      sex: z.enum(sexes),
      weightClass: z.string(),
      ranked: z.boolean(),
      champion: z.boolean(),
      points: z.int(),
      wins: z.int(),
      record,
      form: z.array(formLetter),
    }),
  ),
  /** Newest first. */
  bouts: z.array(boutDocument),
})

export type DivisionDocument = z.infer<typeof divisionDocument>
export type RankingDocument = z.infer<typeof rankingDocument>
export type AthleteDocument = z.infer<typeof athleteDocument>
export type BoutDocument = z.infer<typeof boutDocument>
export type FormLetter = (typeof formLetters)[number]
