import type { FormLetter, SortField } from '@platform/contracts'

export interface RankingsFilter {
  /** Slug or id. */
  division?: string | undefined
  sex?: string | undefined
  weightClass?: string | undefined
  country?: string | undefined
  /** At least so many finishes. */
  finishes?: number | undefined
  active?: boolean | undefined
  /** Also those whose bouts count no more. */
  ranked?: boolean | undefined
  /** What is searched for, folded; empty for no search. */
  words: string
}

export interface SortKey {
  field: SortField | 'likeness'
  descending: boolean
}

/** A row as the query returns it; `cursor` are its sort keys. */
export interface RankingsRow {
  division_id: string
  athlete_id: string
  place: number | null
  champion: boolean
  points: number
  wins: number
  last_win: string | null
  active: boolean
  finishes: number
  document: {
    name: string
    nickname: string | null
    country: string | null
    synthetic: boolean
    division: { slug: string; name: string; sex: 'male' | 'female'; weightClass: string }
    record: { wins: number; losses: number; draws: number; noContests: number }
    form: FormLetter[]
    previousPlace: number | null
  }
  cursor: unknown[]
}

export interface Statement {
  text: string
  values: unknown[]
}

/** Sort keys as expressions that are never null, so that a page can begin after any row. */
const expressions: Record<SortField | 'likeness', string> = {
  place: 'coalesce(place, 2147483647)',
  points: 'points',
  name: 'folded_name',
  wins: 'wins',
  finishes: 'finishes',
  country: `coalesce(country, '~~') collate "C"`,
  lastWin: `coalesce(last_win, '-infinity'::date)`,
  likeness: 'likeness',
}

const casts: Record<SortField | 'likeness', string> = {
  place: 'int',
  points: 'int',
  name: 'text',
  wins: 'int',
  finishes: 'int',
  country: 'text',
  lastWin: 'date',
  likeness: 'int',
}

/** Divisions in their order, then the athlete: what makes every order one of its own. */
const tieBreakers = [
  { expression: 'division_order', cast: 'int' },
  { expression: 'division_id', cast: 'uuid' },
  { expression: 'athlete_id', cast: 'uuid' },
]

export const searchSort: readonly SortKey[] = [
  { field: 'likeness', descending: true },
  { field: 'place', descending: false },
]

type Bind = (value: unknown) => string

/**
 * Full text, filters, places, sorting and paging in one statement. The search comes first, by its indexes. Places are counted in
 * the whole division before anything else is filtered away; only what selects whole divisions is applied below the counting.
 */
export function rankingsStatement(
  view: string,
  divisionsView: string,
  filter: RankingsFilter,
  sort: readonly SortKey[],
  limit: number,
  after: readonly unknown[] | undefined,
): Statement {
  const values: unknown[] = []
  const $ = (value: unknown) => `$${values.push(value)}`
  const keys = [
    ...sort.map(({ field, descending }) => ({ expression: expressions[field], cast: casts[field], descending })),
    ...tieBreakers.map((each) => ({ ...each, descending: false })),
  ]
  const order = keys.map((key) => `${key.expression} ${key.descending ? 'desc' : 'asc'}`).join(', ')
  const search = filter.words === '' ? undefined : searchOf(filter.words, $)
  const divisions = [
    ...divisionConditions(divisionsView, filter, $),
    ...(search === undefined ? [] : ['division_id in (select division_id from hits)']),
  ]
  const text = `
with ${
    search === undefined
      ? ''
      : `hits as materialized (
  select division_id, athlete_id, ${search.likeness} as likeness from ${view} where ${search.condition}
), `
  }placed as (
  select division_id, athlete_id, division_order, ranked, active, champion, points, wins, last_win, finishes, country, folded_name,
    case when ranked then row_number() over (
      partition by division_id, ranked order by champion desc, points desc, wins desc, last_win desc nulls last, athlete_id) end::int as place
  from ${view}
  where ${divisions.join(' and ') || 'true'}
), found as (
  select * from placed ${search === undefined ? '' : 'join hits using (division_id, athlete_id)'}
  where ${athleteConditions(filter, $).join(' and ') || 'true'}
), page as (
  select *, row_number() over (order by ${order}) as line, jsonb_build_array(${keys.map((key) => key.expression).join(', ')}) as cursor
  from found
  ${after === undefined ? '' : `where ${afterCondition(keys, after, $)}`}
  order by ${order}
  limit ${$(limit + 1)}
)
select page.division_id, page.athlete_id, page.place, page.champion, page.points, page.wins, page.last_win, page.active, page.finishes,
  r.document - 'folded_name' as document, page.cursor
from page join ${view} as r using (division_id, athlete_id)
order by page.line`
  return { text, values }
}

function divisionConditions(divisionsView: string, filter: RankingsFilter, $: Bind): string[] {
  const conditions: string[] = []
  if (filter.ranked !== undefined) conditions.push(`ranked = ${$(filter.ranked)}`)
  if (filter.division !== undefined) {
    conditions.push(
      `division_id = (select d.division_id from ${divisionsView} as d where d.division_id::text = lower(${$(filter.division)}) or d.document ->> 'slug' = ${$(filter.division)})`,
    )
  }
  if (filter.sex !== undefined) conditions.push(`sex = ${$(filter.sex)}`)
  if (filter.weightClass !== undefined) conditions.push(`lower(weight_class) = lower(${$(filter.weightClass)})`)
  return conditions
}

function athleteConditions(filter: RankingsFilter, $: Bind): string[] {
  const conditions: string[] = []
  if (filter.country !== undefined) conditions.push(`country = ${$(filter.country)}`)
  if (filter.finishes !== undefined) conditions.push(`finishes >= ${$(filter.finishes)}`)
  if (filter.active !== undefined) conditions.push(`active = ${$(filter.active)}`)
  return conditions
}

/** Names with the words, names like the text as a whole, names with a word like it, names with it in the middle. */
function searchOf(words: string, $: Bind): { condition: string; likeness: string } {
  const typed = $(words)
  const containing = $(`%${words.replace(/[\\%_]/g, '\\$&')}%`)
  const hasWords = `search @@ plainto_tsquery('simple', ${typed})`
  return {
    condition: `(${hasWords} or folded_name % ${typed} or ${typed} <% folded_name or folded_name like ${containing})`,
    // In ten-thousandths: whole names first.
    likeness: `(5000 * similarity(folded_name, ${typed}) + 4000 * word_similarity(${typed}, folded_name) + case when ${hasWords} then 1000 else 0 end)::int`,
  }
}

/** The rows after the last one: greater in the first key in which they differ. */
function afterCondition(
  keys: readonly { expression: string; cast: string; descending: boolean }[],
  after: readonly unknown[],
  $: Bind,
): string {
  const bound = keys.map((key, i) => `${$(after[i])}::${key.cast}`)
  const steps = keys.map((key, i) => {
    const same = keys.slice(0, i).map((earlier, j) => `${earlier.expression} = ${bound[j]}`)
    return `(${[...same, `${key.expression} ${key.descending ? '<' : '>'} ${bound[i]}`].join(' and ')})`
  })
  return `(${steps.join(' or ')})`
}
