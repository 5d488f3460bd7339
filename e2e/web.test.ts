import type { DivisionsAnswer, RankingRow, RankingsAnswer } from '@platform/contracts'
import type { Service } from '@platform/demo'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser, seriousFindings, sidewaysScroll, type Visit, visit } from './browser.ts'
import { startTestPlatform, type TestPlatform } from './platform.ts'
import { athleteLink, card, settled, shownRows } from './rankingsPage.ts'

const patience = { timeout: 30_000, interval: 50 }
const nobody = '00000000-0000-4000-8000-000000000000'

let platform: TestPlatform
let browser: Browser
let division: DivisionsAnswer['data'][number]
let ranked: RankingRow[]
const visits: Visit[] = []

beforeAll(async () => {
  ;[platform, browser] = await Promise.all([startTestPlatform({ web: true }), launchBrowser()])
  division = (await api<DivisionsAnswer>('/divisions')).data.find(({ slug }) => slug === 'women-52kg')!
  ranked = await rankingOf(division.slug)
})

afterEach(async () => {
  const complaints = visits.flatMap((each) => each.complaints)
  for (const each of visits.splice(0)) await each.end()
  // A refused load is for the test to judge; a broken policy or an exception is never right.
  expect(complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([])
})

afterAll(async () => {
  await browser?.close()
  await platform?.stop()
})

const api = async <T>(path: string): Promise<T> => (await fetch(platform.urls.queryApi + path)).json() as Promise<T>
const rankingOf = async (slug: string) => (await api<RankingsAnswer>(`/rankings?division=${slug}&limit=100`)).data

async function open(path: string, options: Parameters<typeof visit>[2] = {}): Promise<Page & { complaints: string[] }> {
  const begun = await visit(browser, platform.urls.web + path, options)
  visits.push(begun)
  return Object.assign(begun.page, { complaints: begun.complaints })
}

/** A rankings page of the division that the tests look at, when it is there. */
async function openDivision(query = '', options: Parameters<typeof visit>[2] = {}) {
  const page = await open(`/?division=${division.slug}${query}`, options)
  await settled(page)
  return page
}

async function command<T>(path: string, body: object): Promise<T> {
  const response = await fetch(platform.urls.commandApi + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

/** The winner gets 120 points by it. */
async function postResult(winner: RankingRow, loser: RankingRow): Promise<void> {
  const date = new Date().toISOString().slice(0, 10)
  const event = await command<{ id: string }>('/events', { name: 'Test Night', date })
  const athleteIds = [winner.athlete.id, loser.athlete.id]
  const match = await command<{ id: string }>('/matches', { eventId: event.id, divisionId: division.id, athleteIds })
  await command('/matches/result', { matchId: match.id, winnerId: winner.athlete.id, method: 'submission', round: 1 })
}

const plain = (name: string) => name.normalize('NFD').replaceAll(/[\u0300-\u036f]/g, '')

describe('the rankings', () => {
  test('the champion stands on top, then everybody in the order of the places', async () => {
    expect(ranked[0]?.champion).toBe(true)
    const page = await openDivision()
    const shown = await shownRows(page)
    expect(shown.map(({ place, name, points, isChampion }) => ({ place, name, points, isChampion }))).toEqual(
      ranked.slice(0, 25).map(({ place, athlete, points, champion }) => ({
        place: String(place),
        name: athlete.name,
        points,
        isChampion: champion,
      })),
    )
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(division.name)
    expect(await page.locator('.made-up').count()).toBe(25)
    expect(page.complaints).toEqual([])
  })

  test('a tab leads to another division; going back and reloading show what was there', async () => {
    const page = await openDivision()
    await page.getByRole('link', { name: 'Men −77 kg' }).click()
    await expect.poll(() => page.title(), patience).toContain('Men −77 kg')
    await settled(page)
    const [champion] = await rankingOf('men-77kg')
    expect((await shownRows(page))[0]?.name).toBe(champion!.athlete.name)
    await page.reload()
    await settled(page)
    expect((await shownRows(page))[0]?.name).toBe(champion!.athlete.name)
    expect(await page.locator('[aria-current=page]').textContent()).toBe('−77 kg')
    await page.goBack()
    await expect.poll(() => page.title(), patience).toContain(division.name)
  })

  test('search finds an athlete without the accents and with a letter wrong', async () => {
    const accented = ranked.find(({ athlete }) => plain(athlete.name) !== athlete.name && athlete.name.length > 10)!
    const name = accented.athlete.name
    const page = await openDivision()
    const found = async () => (await shownRows(page)).slice(0, 5).map((each) => each.name)
    const field = page.getByRole('searchbox', { name: 'Search athletes' })
    await field.fill(plain(name))
    await expect.poll(found, patience).toContain(name)
    await field.fill(`${name.slice(0, 4)}x${name.slice(5)}`)
    await expect.poll(() => new URL(page.url()).searchParams.get('q'), patience).toContain('x')
    await settled(page)
    expect(await found()).toContain(name)
    await field.fill('')
    await expect.poll(() => new URL(page.url()).searchParams.has('q'), patience).toBe(false)
    expect(page.complaints).toEqual([])
  })

  test('filters leave those who fit, and can be cleared', async () => {
    const page = await openDivision()
    const country = ranked[3]!.athlete.country!
    await page.getByRole('combobox', { name: 'Country' }).selectOption(country)
    await page.getByRole('combobox', { name: 'Finishes' }).selectOption('1')
    await page.getByRole('combobox', { name: 'Activity' }).selectOption('true')
    const fits = ranked.filter((each) => each.athlete.country === country && each.finishes >= 1 && each.active)
    await expect
      .poll(async () => (await shownRows(page)).map(({ place, name }) => [place, name]), patience)
      .toEqual(fits.map(({ place, athlete }) => [String(place), athlete.name]))
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await expect.poll(async () => (await shownRows(page)).length, patience).toBe(25)
    expect(new URL(page.url()).search).toBe(`?division=${division.slug}`)
  })

  test('sex and weight class filter all divisions at once', async () => {
    const page = await open('/?division=all')
    await settled(page)
    await page.getByRole('combobox', { name: 'Sex' }).selectOption('female')
    await page.getByRole('combobox', { name: 'Weight class' }).selectOption('−52 kg')
    await expect
      .poll(async () => (await shownRows(page)).map(({ name }) => name), patience)
      .toEqual(ranked.slice(0, 25).map(({ athlete }) => athlete.name))
  })

  test('the head of a column sorts by it, and turns the order around', async () => {
    const page = await openDivision()
    const points = async () => (await shownRows(page)).map((each) => each.points)
    const all = ranked.map((each) => each.points)
    await page.getByRole('button', { name: 'Points' }).click()
    await expect.poll(points, patience).toEqual(all.toSorted((a, b) => b - a).slice(0, 25))
    expect(await page.getByRole('columnheader', { name: 'Points' }).getAttribute('aria-sort')).toBe('descending')
    await page.getByRole('button', { name: 'Points' }).click()
    await expect.poll(points, patience).toEqual(all.toSorted((a, b) => a - b).slice(0, 25))
    await page.getByRole('combobox', { name: 'Order' }).selectOption('-finishes')
    const finishes = ranked.map((each) => each.finishes).toSorted((a, b) => b - a)
    await expect
      .poll(async () => (await shownRows(page)).map((each) => each.finishes), patience)
      .toEqual(finishes.slice(0, 25))
  })

  test('pages turn forth and back, by link, by history and after a reload', async () => {
    const page = await openDivision()
    const places = async () => (await shownRows(page)).map((each) => each.place)
    const first = ranked.slice(0, 25).map((each) => String(each.place))
    const second = ranked.slice(25).map((each) => String(each.place))
    expect(second.length).toBeGreaterThan(0)
    await page.getByRole('link', { name: 'Next' }).click()
    await expect.poll(places, patience).toEqual(second)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('rankings')
    await page.reload()
    await settled(page)
    expect(await places()).toEqual(second)
    await page.getByRole('link', { name: 'Previous' }).click()
    await expect.poll(places, patience).toEqual(first)
    await page.goBack()
    await expect.poll(places, patience).toEqual(second)
  })

  test('pages turn back as far as they were turned forth', async () => {
    const page = await open('/?division=all')
    await settled(page)
    const names = async () => (await shownRows(page)).map((each) => each.name).join()
    const seen = [await names()]
    for (let number = 2; number <= 4; number++) {
      await page.getByRole('link', { name: 'Next' }).click()
      await page.getByText(`Page ${number}`, { exact: true }).waitFor()
      await settled(page)
      seen.push(await names())
    }
    expect(new Set(seen).size).toBe(4)
    for (let number = 3; number >= 1; number--) {
      await page.getByRole('link', { name: 'Previous' }).click()
      await page.getByText(`Page ${number}`, { exact: true }).waitFor()
      await settled(page)
      expect(await names()).toBe(seen[number - 1])
    }
  })

  test('a link to a page that the service does not know any more shows the first page', async () => {
    const page = await open(`/?division=${division.slug}&cursor=bm90.mine&page=7`)
    await expect.poll(async () => (await shownRows(page))[0]?.place, patience).toBe('1')
    expect(new URL(page.url()).searchParams.has('cursor')).toBe(false)
  })

  test('whoever looks for what is not there is told so, and shown a way out', async () => {
    const page = await openDivision('&q=Xqzwvk')
    await page.getByRole('heading', { name: 'Nobody by that name' }).waitFor()
    await page.getByRole('link', { name: 'Clear the search' }).click()
    await expect.poll(async () => (await shownRows(page)).length, patience).toBe(25)
    await page.goto(`${platform.urls.web}/?division=no-such`)
    await page.getByRole('heading', { name: 'There is no such division' }).waitFor()
    await page.getByRole('link', { name: 'Show the first division' }).click()
    await expect.poll(async () => (await shownRows(page)).length, patience).toBe(25)
  })
})

describe('an athlete’s card', () => {
  test('explains the points bout by bout: their sum is what the list shows', async () => {
    const page = await openDivision()
    const fourth = (await shownRows(page))[3]!
    await athleteLink(page, fourth.id).click()
    const dialog = card(page)
    await dialog.getByRole('heading', { name: fourth.name }).waitFor()
    await dialog.getByRole('heading', { name: 'Why 4th?' }).waitFor()
    expect(await dialog.locator('.standing-place').first().textContent()).toBe(`4th of ${ranked.length}`)
    const { wins, losses, draws } = ranked.find(({ athlete }) => athlete.id === fourth.id)!.record
    expect(await dialog.locator('.standing-record').first().textContent()).toContain(`${wins}–${losses}–${draws}`)
    const added = (await dialog.locator('.standing').first().locator('.bout-points').allTextContents()).map(Number)
    expect(added.reduce((sum, points) => sum + points, 0)).toBe(fourth.points)
    expect(await dialog.locator('.total').first().textContent()).toBe(String(fourth.points))
    for (const sum of await dialog.locator('.sum').allTextContents()) {
      const [, worth, share, points] = /^(\d+) × (\d|½) = (\d+)$/.exec(sum)!
      expect(Number(worth) * (share === '½' ? 0.5 : Number(share))).toBe(Number(points))
    }
    await expect.poll(() => dialog.locator('.why li').first().textContent(), patience).toMatch(/behind|Behind|Level/)
    expect(page.complaints).toEqual([])
  })

  test('has an address, leads to opponents, and closes to the list that it was opened from', async () => {
    const page = await openDivision()
    const [first] = await shownRows(page)
    await athleteLink(page, first!.id).click()
    const opponent = card(page).locator('.against a').first()
    const name = await opponent.textContent()
    await opponent.click()
    await card(page).getByRole('heading', { name: name!, exact: true }).waitFor()
    await page.reload()
    await card(page).getByRole('heading', { name: name!, exact: true }).waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await expect.poll(() => card(page).count(), patience).toBe(0)
    expect(new URL(page.url()).search).toBe(`?division=${division.slug}`)
    await page.goForward()
    await card(page).getByRole('heading', { name: first!.name, exact: true }).waitFor()
  })

  test('gives the focus back to where it was opened, also after a look at an opponent', async () => {
    const page = await openDivision()
    const link = athleteLink(page, ranked[5]!.athlete.id)
    await link.click()
    const opponent = card(page).locator('.against a').first()
    const name = await opponent.textContent()
    await opponent.click()
    await card(page).getByRole('heading', { name: name!, exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => card(page).count(), patience).toBe(0)
    expect(await link.evaluate((element) => element === document.activeElement)).toBe(true)
    expect(new URL(page.url()).search).toBe(`?division=${division.slug}`)
  })

  test('says so when there is no such athlete', async () => {
    const page = await openDivision(`&athlete=${nobody}`)
    await card(page).getByText('There is no such athlete').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => card(page).count(), patience).toBe(0)
  })
})

describe('live', () => {
  test('a result that is posted changes the page, the card and the highlight, without a reload', async () => {
    const page = await openDivision()
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor()
    const [winner, loser] = (await rankingOf(division.slug)).slice(14, 16)
    await page.evaluate(() => Object.assign(window, { isSameDocument: true }))
    const link = athleteLink(page, winner!.athlete.id)
    await link.scrollIntoViewIfNeeded()
    await link.focus()

    await postResult(winner!, loser!)
    await page.locator(`tr[data-changed=result] a[href*="${winner!.athlete.id}"]`).waitFor()
    expect(await page.locator('tr[data-changed=result]').count()).toBeLessThanOrEqual(2)
    expect(await page.locator('tr[data-changed=place]').count()).toBeGreaterThan(0)
    const points = async () => (await shownRows(page)).find(({ id }) => id === winner!.athlete.id)?.points
    expect(await points()).toBe(winner!.points + 120)
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(winner!.athlete.name)

    await link.click()
    const total = card(page).locator('.total').first()
    await expect.poll(() => total.textContent(), patience).toBe(String(winner!.points + 120))
    await postResult(winner!, loser!)
    await expect.poll(() => total.textContent(), patience).toBe(String(winner!.points + 240))
    expect(await page.evaluate(() => 'isSameDocument' in window)).toBe(true)
    expect(page.complaints).toEqual([])
  })
})

describe('everybody can use it', () => {
  test('every action is done by keyboard alone', async () => {
    const page = await openDivision()
    const tabTo = async (what: string) => {
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press('Tab')
        const focused = await page.evaluate(() => {
          const element = document.activeElement as HTMLElement
          const labels = 'labels' in element ? [...((element as HTMLInputElement).labels ?? [])] : []
          const { outlineStyle } = getComputedStyle(element)
          return {
            name: [element.ariaLabel, element.textContent, ...labels.map((label) => label.textContent)].join(' '),
            isMarked: outlineStyle !== 'none',
          }
        })
        if (!focused.name.includes(what)) continue
        expect(focused.isMarked).toBe(true)
        return
      }
      throw new Error(`80 times Tab do not lead to ${what}`)
    }
    await tabTo('Skip to the rankings')
    await tabTo('Men −77 kg')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.title(), patience).toContain('Men −77 kg')
    await settled(page)
    await tabTo('Search athletes')
    await tabTo('Activity')
    await page.keyboard.type('Active')
    await expect.poll(() => page.url(), patience).toContain('active=')
    await settled(page)
    await tabTo('Points')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url(), patience).toContain('sort=-points')
    await settled(page)
    const { name } = (await shownRows(page))[2]!
    await tabTo(name)
    await page.keyboard.press('Enter')
    await card(page).getByRole('heading', { name, exact: true }).waitFor()
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab')
      expect(
        await page.evaluate(
          () => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null,
        ),
      ).toBe(true)
    }
    await page.keyboard.press('Escape')
    await expect.poll(() => card(page).count(), patience).toBe(0)
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(name)
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing serious in the list, a search, a card and an empty list (${colorScheme})`, async () => {
      const page = await openDivision('', { colorScheme })
      expect(await seriousFindings(page)).toEqual([])
      await page.goto(`${platform.urls.web}/?q=${encodeURIComponent(ranked[2]!.athlete.name)}`)
      await settled(page)
      expect(await seriousFindings(page)).toEqual([])
      await page.goto(`${platform.urls.web}/?division=${division.slug}&athlete=${ranked[0]!.athlete.id}`)
      await card(page).locator('.total').first().waitFor()
      expect(await seriousFindings(page)).toEqual([])
      await page.goto(`${platform.urls.web}/?division=${division.slug}&q=Xqzwvk`)
      await page.getByRole('heading', { name: 'Nobody by that name' }).waitFor()
      expect(await seriousFindings(page)).toEqual([])
    })
  }

  test('nothing is wider than the window, however wide it is', async () => {
    const page = await open('/?division=all')
    await settled(page)
    for (const width of [320, 480, 700, 720, 940, 980, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      expect([width, await sidewaysScroll(page)]).toEqual([width, 0])
    }
  })

  test('nothing is wider than a window of 360 pixels', async () => {
    const page = await openDivision('', { viewport: { width: 360, height: 740 }, hasTouch: true })
    expect(await sidewaysScroll(page)).toBe(0)
    await page.getByRole('button', { name: 'Filter and sort' }).click()
    await page.getByRole('combobox', { name: 'Country' }).waitFor()
    expect(await sidewaysScroll(page)).toBe(0)
    for (const query of ['?division=all', `?q=${encodeURIComponent(ranked[1]!.athlete.name)}`, '?division=no-such']) {
      await page.goto(`${platform.urls.web}/${query}`)
      await settled(page)
      expect(await sidewaysScroll(page)).toBe(0)
    }
    await page.goto(`${platform.urls.web}/?division=${division.slug}&athlete=${ranked[0]!.athlete.id}`)
    await card(page).locator('.total').first().waitFor()
    const [inner, outer] = await card(page).evaluate((dialog) => [dialog.scrollWidth, window.innerWidth])
    expect(inner).toBeLessThanOrEqual(outer!)
    expect(await sidewaysScroll(page)).toBe(0)
  })
})

describe('the web server', () => {
  test('allows the page nothing but its own files, and lets a browser keep those that never change', async () => {
    const page = await fetch(platform.urls.web)
    const policy = page.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toContain('unsafe')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())![1]!
    const asset = await fetch(platform.urls.web + script, { headers: { 'Accept-Encoding': 'br' } })
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(asset.headers.get('content-encoding')).toBe('br')
    expect(asset.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('passes reading on, and nothing else', async () => {
    const answer = await fetch(`${platform.urls.web}/api/rankings?limit=1`)
    expect(((await answer.json()) as RankingsAnswer).data).toHaveLength(1)
    expect(answer.headers.get('link')).toMatch(/^<\/api\/rankings\?/)
    const etag = answer.headers.get('etag')!
    const again = await fetch(`${platform.urls.web}/api/rankings?limit=1`, { headers: { 'If-None-Match': etag } })
    expect(again.status).toBe(304)
    for (const [method, path] of [
      ['POST', '/api/rankings'],
      ['GET', '/api/docs'],
      ['GET', '/api/../etc/passwd'],
      ['GET', '/nothing'],
    ] as const) {
      const refused = await fetch(platform.urls.web + path, { method })
      expect(refused.status).toBe(404)
      expect(refused.headers.get('content-type')).toContain('application/problem+json')
    }
  })
})

describe('when something is away', () => {
  /** Stops a service, looks, and starts it again whatever was seen. */
  async function stopped<T>(service: Service, look: () => Promise<T>): Promise<T> {
    await service.stop()
    try {
      return await look()
    } finally {
      await service.start()
    }
  }

  test('rankings of which nobody knows the age are not called live', async () => {
    const page = await openDivision()
    const status = page.getByRole('banner').getByRole('status')
    await expect.poll(() => status.textContent(), patience).toMatch(/^Live/)
    const [projector] = platform.projectors
    await stopped(projector!, async () => {
      await expect.poll(() => status.textContent(), patience).toMatch(/^Not live/)
      expect(await shownRows(page)).toHaveLength(25)
    })
    await expect.poll(() => status.textContent(), patience).toMatch(/^Live/)
  })

  test('while the query service is away the page keeps what it has and says so, and comes back by itself', async () => {
    const page = await openDivision()
    const status = page.getByRole('banner').getByRole('status')
    await expect.poll(() => status.textContent(), patience).toMatch(/^Live/)
    const visitor = await stopped(platform.query, async () => {
      await expect.poll(() => status.textContent(), patience).toMatch(/^Connection lost/)
      expect(await shownRows(page)).toHaveLength(25)

      const late = await open(`/?division=${division.slug}`)
      await late.getByRole('alert').getByText('The rankings cannot be read now').waitFor()
      await late.getByRole('button', { name: 'Try again' }).waitFor()
      expect(await seriousFindings(late)).toEqual([])
      await page.getByRole('link', { name: 'Men −77 kg' }).click()
      // Those of another division are not shown in their place.
      await page.getByRole('alert').getByText('The rankings cannot be read now').waitFor()
      expect(await shownRows(page)).toEqual([])
      await page.goBack()
      await page.getByRole('alert').getByText('The rankings cannot be refreshed now').waitFor()
      expect(await shownRows(page)).toHaveLength(25)
      return late
    })
    await expect.poll(() => status.textContent(), patience).toMatch(/^Live/)
    await expect.poll(() => page.getByRole('alert').count(), patience).toBe(0)
    await expect.poll(async () => (await shownRows(visitor)).length, patience).toBe(25)
  })
})
