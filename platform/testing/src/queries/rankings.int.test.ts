import { type RankingRow, rankingsAnswer, sortFields, type SortField } from '@platform/contracts'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemOf } from '../answer.ts'
import type { Platform } from '../platform.ts'
import { allPages, keyOf, openFederation } from './federation.ts'

let platform: Platform
let everybody: RankingRow[]
let places: Map<string, number | null>

beforeAll(async () => {
  platform = await openFederation()
  everybody = await allPages(platform, 'ranked=any', 100)
  places = new Map(everybody.map((row) => [keyOf(row), row.place]))
})
afterAll(() => platform?.close())

const rank = (row: RankingRow) => [
  row.champion ? 0 : 1,
  -row.points,
  -row.wins,
  row.lastWin === null ? 0 : -Date.parse(row.lastWin),
  row.athlete.id,
]

/** The first difference decides; of texts as PostgreSQL's C.UTF-8 has it. */
function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const at = a.findIndex((value, i) => value !== b[i])
  if (at < 0) return 0
  return a[at]! < b[at]! ? -1 : 1
}

describe('GET /rankings', () => {
  test('answers rows as the contract has them', async () => {
    const answer = await platform.get('/rankings?limit=100')
    expect(rankingsAnswer.strict().parse(answer.body)).toEqual(answer.body)
    expect(everybody.length).toBeGreaterThan(300)
    expect(everybody.some(({ place }) => place === null)).toBe(true)
    expect(everybody.find(({ athlete }) => athlete.country === 'BR')?.athlete.flag).toBe('🇧🇷')
  })

  test('counts places in each division from the sort keys, without a hole', () => {
    for (const rows of Map.groupBy(everybody, (row) => row.division.id).values()) {
      const ranked = rows.filter(({ place }) => place !== null)
      const expected = ranked.toSorted((a, b) => compare(rank(a), rank(b)))
      expect(ranked.toSorted((a, b) => a.place! - b.place!).map(keyOf)).toEqual(expected.map(keyOf))
      expect(ranked.map(({ place }) => place).toSorted((a, b) => a! - b!)).toEqual(ranked.map((_, i) => i + 1))
    }
  })

  test('shows those who are ranked, unless others are asked for', async () => {
    const [ranked, unranked] = [await allPages(platform, '', 100), await allPages(platform, 'ranked=false', 100)]
    expect(ranked.every(({ place }) => place !== null)).toBe(true)
    expect(unranked.every(({ place }) => place === null)).toBe(true)
    expect([...ranked, ...unranked].map(keyOf).sort()).toEqual(everybody.map(keyOf).sort())
  })

  test('takes all filters together, and places stay what they are in the division', async () => {
    const some = everybody.find(({ athlete, finishes, active }) => athlete.country !== null && finishes > 1 && active)!
    const filters: Record<string, [string, (row: RankingRow) => boolean]> = {
      division: [some.division.slug, (row) => row.division.id === some.division.id],
      sex: ['female', (row) => row.division.sex === 'female'],
      weightClass: [
        some.division.weightClass.toUpperCase(),
        (row) => row.division.weightClass === some.division.weightClass,
      ],
      country: [some.athlete.country!, (row) => row.athlete.country === some.athlete.country],
      finishes: ['2', (row) => row.finishes >= 2],
      active: ['true', (row) => row.active],
    }
    const names = Object.keys(filters)
    await fc.assert(
      fc.asyncProperty(fc.subarray(names), fc.boolean(), async (chosen, byId) => {
        const query = new URLSearchParams(Object.fromEntries(chosen.map((name) => [name, filters[name]![0]])))
        if (byId && query.has('division')) query.set('division', some.division.id.toUpperCase())
        const found = await allPages(platform, `${query}&ranked=any`, 100)
        const expected = everybody.filter((row) => chosen.every((name) => filters[name]![1](row)))
        expect(found.map(keyOf).sort()).toEqual(expected.map(keyOf).sort())
        for (const row of found) expect(row.place).toBe(places.get(keyOf(row)))
      }),
      { numRuns: 40 },
    )
    expect(await allPages(platform, 'division=nowhere', 10)).toEqual([])
  })
})

describe('sorting', () => {
  const values: Record<SortField, (row: RankingRow) => string | number> = {
    place: (row) => row.place ?? Infinity,
    points: (row) => row.points,
    name: (row) => row.athlete.name,
    wins: (row) => row.wins,
    finishes: (row) => row.finishes,
    country: (row) => row.athlete.country ?? '~~',
    lastWin: (row) => row.lastWin ?? '',
  }

  test.each(sortFields.filter((field) => field !== 'name'))('by %s, and turned around', async (field) => {
    for (const [sort, sign] of [
      [field, 1],
      [`-${field}`, -1],
    ] as const) {
      const rows = await allPages(platform, `ranked=any&sort=${sort}`, 100)
      const keys = rows.map(values[field])
      expect(keys).toEqual(keys.toSorted((a, b) => sign * compare([a], [b])))
    }
  })

  test('by name goes by the letters without their accents', async () => {
    const names = (await allPages(platform, 'sort=name', 100)).map(({ athlete }) => athlete.name)
    const at = (start: RegExp) => names.findIndex((name) => start.test(name))
    expect(at(/^[ŁL]/)).toBeGreaterThan(at(/^K/))
    expect(at(/^[ŁL]/)).toBeLessThan(at(/^M/))
    expect(at(/^[ŻŽZ]/)).toBeGreaterThan(at(/^Y/))
  })

  test('in several fields goes by each where those before it are equal', async () => {
    const rows = await allPages(platform, 'sort=country,-points,lastWin&ranked=any', 100)
    const keys = rows.map((row) => [values.country(row), -row.points, values.lastWin(row)])
    expect(keys).toEqual(keys.toSorted(compare))
  })

  test.each(['', 'age', 'points,', '--points', 'likeness', 'points;drop table x', 'Points'])(
    'by %j is refused, and what can be sorted by is told',
    async (sort) => {
      const problem = problemOf(await platform.get(`/rankings?sort=${encodeURIComponent(sort)}`), 400)
      expect(problem.errors[0]).toMatchObject({ path: 'sort', message: expect.stringContaining('lastWin') })
    },
  )
})

describe('paging', () => {
  const sorts = fc
    .uniqueArray(fc.constantFrom(...sortFields), { maxLength: 3 })
    .chain((fields) => fc.tuple(...fields.map((field) => fc.constantFrom(field, `-${field}`))))
    .map((fields) => (fields.length === 0 ? '' : `&sort=${fields.join(',')}`))
  const filter = fc.constantFrom(
    '',
    '&sex=male',
    '&country=JP',
    '&ranked=any',
    '&q=a&ranked=any',
    '&q=li',
    '&finishes=1',
  )

  test('visits each row exactly once, in order, whatever the sort, the filter and the size of a page', async () => {
    await fc.assert(
      fc.asyncProperty(sorts, filter, fc.integer({ min: 3, max: 100 }), async (sort, more, limit) => {
        const query = `${sort}${more}`
        const paged = await allPages(platform, query, limit)
        const whole = await allPages(platform, query, 100)
        expect(paged).toEqual(whole)
        expect(new Set(paged.map(keyOf)).size).toBe(paged.length)
        for (const row of paged) expect(row.place).toBe(places.get(keyOf(row)))
      }),
      { numRuns: 25 },
    )
  })

  test('links to the next page, and the last one to none', async () => {
    const first = await platform.get('/rankings?sex=female&limit=100&sort=-wins')
    const link = /^<(.+)>; rel="next"$/.exec(String(first.headers['link']))![1]!
    const second = await platform.get(link)
    expect(second.status).toBe(200)
    expect(second.headers).not.toHaveProperty('link')
    expect((second.body as { page: object }).page).toEqual({ limit: 100, next: null })
  })

  test('with a cursor that is not of this query, or was tampered with, is refused', async () => {
    const first = rankingsAnswer.parse((await platform.get('/rankings?limit=5&sort=name')).body)
    const next = first.page.next!
    const [body, signature] = next.split('.') as [string, string]
    const other = Buffer.from(Buffer.from(body, 'base64url').toString().replace(/\d/, '9')).toString('base64url')
    for (const query of [
      `limit=5&sort=-name&cursor=${next}`,
      `limit=5&sort=name&sex=male&cursor=${next}`,
      `limit=5&sort=name&cursor=${other}.${signature}`,
      `limit=5&sort=name&cursor=${body}.${'A'.repeat(signature.length)}`,
      `limit=5&sort=name&cursor=${body}`,
      `limit=5&sort=name&cursor=`,
      `limit=5&sort=name&cursor=${next}&cursor=${next}`,
    ]) {
      const problem = problemOf(await platform.get(`/rankings?${query}`), 400)
      expect(problem.errors[0]!.path).toBe('cursor')
    }
    // Another size of the page is the same query.
    expect((await platform.get(`/rankings?limit=9&sort=name&cursor=${next}`)).status).toBe(200)
  })
})
