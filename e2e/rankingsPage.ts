import type { Locator, Page } from 'playwright-core'

export interface ShownRow {
  id: string
  place: string
  name: string
  points: number
  finishes: number
  country: string | null
  isChampion: boolean
}

/** The list as a reader sees it. */
export function shownRows(page: Page): Promise<ShownRow[]> {
  return page.locator('table.rankings tbody tr').evaluateAll((rows) =>
    rows.map((row) => {
      const cells = [...row.children].map((cell) => cell.textContent ?? '')
      return {
        id: new URL(row.querySelector('a')!.href).searchParams.get('athlete')!,
        place: row.querySelector('.place .number')!.textContent ?? '',
        name: row.querySelector('a')!.textContent ?? '',
        points: Number(cells.at(-1)!.replaceAll(',', '')),
        finishes: Number(cells.at(-2)!.replaceAll(',', '')),
        country: row.querySelector('img')?.alt ?? null,
        isChampion: row.querySelector('.champion-mark') !== null,
      }
    }),
  )
}

/** The link of an athlete, by id: two may bear one name. */
export const athleteLink = (page: Page, id: string): Locator => page.locator(`table.rankings a[href*="${id}"]`)

/** Resolves when the list answers the question that the address asks. */
export async function settled(page: Page): Promise<void> {
  await page.locator('.list:not(.waiting)').waitFor()
}

export const card = (page: Page): Locator => page.getByRole('dialog')
