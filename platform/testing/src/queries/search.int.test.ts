import { seed } from '@platform/command-service/seed'
import type { RankingsAnswer } from '@platform/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { query } from '../databases.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { Misspelling, type Mistake, mistakes } from './misspelling.ts'

let platform: Platform
let athletes: { id: string; name: string }[]

/** As many athletes as the demo has; fewer evenings, all of them within the last two years. */
beforeAll(async () => {
  platform = await openPlatform({ before: ({ db }) => seed(db, { weeks: 30, eventsPerWeek: 8, boutsPerEvent: 14 }) })
  athletes = await query(
    platform.urls.ownerWrite,
    `select id, name from tournament.athletes where id in (select athlete_id from published.entries) order by name, id`,
  )
}, 180_000)
afterAll(() => platform?.close())

const sampled = 300
const wanted = 0.98

async function isFound({ id }: { id: string }, typed: string): Promise<boolean> {
  const { data } = await platform.read<RankingsAnswer>(`/rankings?q=${encodeURIComponent(typed)}&limit=5`)
  return data.some((row) => row.athlete.id === id)
}

describe('the athlete is among the first five', () => {
  const chosen = Number(process.env['SEARCH_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

  test.each<[Mistake, number]>(mistakes.map((mistake) => [mistake, chosen]))(
    `of at least ${wanted * 100} in 100 names with %s (SEARCH_SEED=%i)`,
    async (mistake, seed) => {
      expect(athletes.length).toBeGreaterThan(2_000)
      const misspelling = new Misspelling(seed)
      const searches = Array.from({ length: sampled }, () => {
        const athlete = misspelling.pick(athletes)
        return { athlete, typed: misspelling.of(athlete.name, mistake) }
      })
      const missed: string[] = []
      const search = async () => {
        for (let next = searches.pop(); next !== undefined; next = searches.pop())
          if (!(await isFound(next.athlete, next.typed))) missed.push(`${next.athlete.name} as ${next.typed}`)
      }
      await Promise.all(Array.from({ length: 4 }, search))
      const rate = 1 - missed.length / sampled
      console.log(
        `search, ${mistake}: ${(rate * 100).toFixed(1)} % found ${missed.map((each) => `(not ${each})`).join(' ')}`,
      )
      expect(rate, missed.join('\n')).toBeGreaterThanOrEqual(wanted)
    },
  )
})
