import { seed } from '@platform/command-service/seed'
import type { RankingRow, RankingsAnswer } from '@platform/contracts'
import { openPlatform, type Platform } from '../platform.ts'

/** A small federation of the seed's making, some of whose bouts count no more: the same in every run, but for ids. */
export const openFederation = (): Promise<Platform> =>
  openPlatform({
    before: async ({ db, done }) => {
      await seed(db, {
        athletesPerDivision: 32,
        weeks: 70,
        eventsPerWeek: 1,
        boutsPerEvent: 8,
        today: new Date('2026-06-10T12:00:00Z'),
      })
      await done('/rankings/periods', { rankingDate: '2027-04-01' })
    },
  })

/** All pages of a query, one after the other. */
export async function allPages(platform: Platform, query: string, limit: number): Promise<RankingRow[]> {
  const rows: RankingRow[] = []
  let cursor: string | null = null
  do {
    const page: RankingsAnswer = await platform.read(
      `/rankings?${query}&limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`,
    )
    rows.push(...page.data)
    cursor = page.page.next
  } while (cursor !== null)
  return rows
}

export const keyOf = (row: RankingRow): string => `${row.division.id}/${row.athlete.id}`
