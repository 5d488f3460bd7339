import {
  type AnswerMeta,
  athleteAnswer,
  athleteDocument,
  divisionDocument,
  divisionsAnswer,
  rankingDocument,
  rankingsAnswer,
} from '@platform/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../answer.ts'
import { query } from '../databases.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { Story } from '../ranking/story.ts'
import { lockRow, until } from '../waits.ts'

let platform: Platform
let story: Story

beforeAll(async () => {
  platform = await openPlatform()
  await platform.command.done('/rankings/periods', { rankingDate: '2026-06-30' })
  story = await Story.begin(platform)
  await story.bout('2026-01-01', 'Żaneta Śliwka', 'João Araújo', { method: 'ko_tko', title: 'undisputed' })
  await story.bout('2025-01-01', 'Żaneta Śliwka', 'Kōji Ōta', { winner: null })
  await story.names()
})
afterAll(() => platform?.close())

const metaOf = (answer: Answer) => (answer.body as { meta: AnswerMeta }).meta

async function pages(): Promise<string[]> {
  return ['/rankings', '/rankings?q=sliwka', '/divisions', `/athletes/${await story.idOf('Kōji Ōta')}`]
}

describe('documents and answers', () => {
  test('are as the contract has them', async () => {
    for (const [projection, schema] of [
      ['rankings', rankingDocument],
      ['athletes', athleteDocument],
      ['divisions', divisionDocument],
    ] as const) {
      const rows = await query<{ document: unknown }>(
        platform.urls.query,
        `select document from read_models.${projection}_v1`,
      )
      expect(rows.length).toBeGreaterThan(0)
      for (const { document } of rows) expect(schema.parse(document)).toEqual(document)
    }
    for (const [i, schema] of [rankingsAnswer, rankingsAnswer, divisionsAnswer, athleteAnswer].entries()) {
      const { body } = await platform.get((await pages())[i]!)
      expect(schema.strict().parse(body)).toEqual(body)
    }
  })

  test('say how fresh they are', async () => {
    for (const url of await pages()) {
      await until(`${url} is known to be fresh`, async () => metaOf(await platform.get(url)).state === 'FRESH')
      const meta = metaOf(await platform.get(url))
      expect(meta.stalenessMs).toBeLessThan(30_000)
      expect(meta.position).toBeGreaterThan(0)
      expect(meta.generation).toBe(1)
      expect(Math.abs(Date.now() - Date.parse(meta.asOf))).toBeLessThan(60_000)
    }
  })
})

describe('?after=', () => {
  test('waits until the answer reflects the position', async () => {
    for (const url of await pages()) {
      const { position } = await platform.command.done('/divisions', {
        slug: `after-${Math.random()}`.replace('0.', ''),
        name: 'x',
        sex: 'male',
        weightClass: 'x',
      })
      const answer = await platform.get(`${url}${url.includes('?') ? '&' : '?'}after=${position}`)
      expect(metaOf(answer).after).toEqual({ position, reached: true, parkedBelow: false })
      expect(metaOf(answer).position).toBeGreaterThanOrEqual(position)
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' })
      expect(answer.headers).not.toHaveProperty('etag')
    }
  })

  test('waits for all that the query looks at: rankings are asked for by division', async () => {
    const divisions = `projection || '/' || version`
    const held = await lockRow(platform.urls.ownerRead, 'cornerman.store_watermarks', 'divisions/1', divisions)
    const next = await platform.command.done('/divisions', { slug: 'later', name: 'x', sex: 'male', weightClass: 'x' })
    try {
      const early = await platform.get(`/rankings?division=later&after=${next.position}`)
      expect(metaOf(early).after).toEqual({ position: next.position, reached: false, parkedBelow: false })
    } finally {
      await held.release()
    }
    const late = await platform.get(`/rankings?division=later&after=${next.position}`)
    expect(metaOf(late).after).toEqual({ position: next.position, reached: true, parkedBelow: false })
  })

  test('says so when the position was not reached in time, and answers what there is', async () => {
    const answer = await platform.get('/rankings?after=1000000000')
    expect(answer.status).toBe(200)
    expect(metaOf(answer).after).toEqual({ position: 1_000_000_000, reached: false, parkedBelow: false })
    expect((answer.body as { data: unknown[] }).data).toHaveLength(3)
  })
})

describe('an ETag', () => {
  test('is weak, and the caller who has the answer is told so until a document changes', async () => {
    for (const url of await pages()) {
      const first = await platform.get(url)
      const etag = String(first.headers['etag'])
      expect(etag).toMatch(/^W\/"[^"]+"$/)
      expect(first.headers['cache-control']).toBe('public, max-age=1, stale-while-revalidate=30')
      for (const known of [etag, `W/"another", ${etag}`]) {
        const again = await platform.get(url, { 'if-none-match': known })
        expect(again).toMatchObject({ status: 304, text: '', headers: { etag } })
      }
      expect((await platform.get(url, { 'if-none-match': 'W/"another"' })).status).toBe(200)
    }
    const [url] = await pages()
    const etag = String((await platform.get(url!)).headers['etag'])
    await story.bout('2026-02-02', 'Kōji Ōta', 'João Araújo')
    await story.names()
    expect(await platform.get(url!, { 'if-none-match': etag })).toMatchObject({ status: 200 })
  })

  test('is not the same for another query', async () => {
    const etags = await Promise.all(
      ['/rankings', '/rankings?sort=name', '/rankings?limit=3'].map(
        async (url) => (await platform.get(url)).headers['etag'],
      ),
    )
    expect(new Set(etags).size).toBe(3)
  })
})

test('GET /athletes/:id tells the points bout by bout, and the places', async () => {
  const other = await Story.begin(platform)
  const bout = await other.bout('2026-05-05', 'Ana', 'Bia', { method: 'submission', title: 'interim' })
  await other.bout('2024-12-12', 'Ana', 'Bia')
  await other.correct(await other.bout('2026-04-04', 'Bia', 'Ana'), 'overturned')
  const card = await other.card('Ana')
  expect(bout).toBe(0)
  expect(card).toMatchObject({
    name: 'Ana',
    country: null,
    flag: null,
    record: { wins: 2, losses: 0, draws: 0, noContests: 1 },
    form: ['W', 'NC', 'W'],
    places: [{ divisionId: other.divisionId, place: 1, of: 2 }],
  })
  expect(
    card.bouts.map(({ date, result, title, method, overturned, worth, share, points }) => ({
      date,
      result,
      title,
      method,
      overturned,
      worth,
      share,
      points,
    })),
  ).toEqual([
    {
      date: '2026-05-05',
      result: 'W',
      title: 'interim',
      method: 'submission',
      overturned: false,
      worth: 240,
      share: 1,
      points: 240,
    },
    { date: '2026-04-04', result: 'NC', title: 'none', method: null, overturned: true, worth: 0, share: 1, points: 0 },
    {
      date: '2024-12-12',
      result: 'W',
      title: 'none',
      method: null,
      overturned: false,
      worth: 100,
      share: 0.5,
      points: 50,
    },
  ])
})

test('GET /divisions lists them in the order of their tabs, with the number and the countries of the ranked', async () => {
  const { id, position } = await platform.command.done('/divisions', {
    slug: 'first-tab',
    name: 'First',
    sex: 'male',
    weightClass: '57 kg',
    limitLbs: 125.5,
    order: 0,
  })
  const { data } = await platform.read<{ data: { id: string; athletes: number; countries: string[] }[] }>(
    '/divisions',
    position,
  )
  expect(data[0]).toEqual({
    id,
    slug: 'first-tab',
    name: 'First',
    sex: 'male',
    weightClass: '57 kg',
    limitLbs: 125.5,
    ranked: true,
    order: 0,
    athletes: 0,
    countries: [],
  })
  expect(data.find((division) => division.id === story.divisionId)).toMatchObject({ athletes: 3, countries: [] })
})

test('a change that waits in an open transaction is not in the answer, and later it is', async () => {
  const lock = await lockRow(platform.urls.ownerWrite, 'tournament.athletes', await story.idOf('Kōji Ōta'))
  const renamed = platform.command.send('PATCH', `/athletes/${await story.idOf('Kōji Ōta')}`, { name: 'Kōji Endō' })
  await lock.awaited()
  expect((await story.rankings()).map(({ who }) => who)).toContain('Kōji Ōta')
  await lock.release()
  const { position } = (await renamed).body as { position: number }
  const answer = await platform.read<{ data: { athlete: { name: string } }[] }>('/rankings', position)
  expect(answer.data.map(({ athlete }) => athlete.name)).toContain('Kōji Endō')
})
