import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPlatform, type Platform } from '../platform.ts'
import { Story } from './story.ts'

let platform: Platform

beforeAll(async () => {
  platform = await openPlatform()
  await platform.command.done('/rankings/periods', { rankingDate: '2026-06-30' })
})
afterAll(() => platform?.close())

const recent = '2026-06-06'

describe('a bout is worth', () => {
  test.each([
    ['decision_unanimous', 100],
    ['decision_split', 100],
    ['decision_majority', 100],
    ['disqualification', 100],
    ['could_not_continue', 100],
    ['other', 100],
    [undefined, 100],
    ['ko_tko', 120],
    ['doctors_stoppage', 120],
    ['submission', 120],
  ])('by %s, %i points to the winner and none to the other', async (method, points) => {
    const story = await Story.begin(platform)
    await story.bout(recent, 'Ana', 'Bia', method === undefined ? {} : { method })
    expect(await story.points()).toEqual({ Ana: points, Bia: 0 })
  })

  test.each([
    ['undisputed', undefined, 200],
    ['undisputed', 'submission', 240],
    ['interim', undefined, 200],
    ['interim', 'ko_tko', 240],
  ] as const)('twice as much for a title: %s by %s', async (title, method, points) => {
    const story = await Story.begin(platform)
    await story.bout(recent, 'Ana', 'Bia', { title, ...(method === undefined ? {} : { method }) })
    expect(await story.points()).toEqual({ Ana: points, Bia: 0 })
  })

  test('50 points to each after a draw, twice that for a title', async () => {
    const story = await Story.begin(platform)
    await story.bout(recent, 'Ana', 'Bia', { winner: null })
    await story.bout(recent, 'Cai', 'Dea', { winner: null, title: 'undisputed', method: 'decision_majority' })
    await story.bout(recent, 'Eva', 'Fee', { winner: null, title: 'interim', method: 'submission' })
    expect(await story.points()).toEqual({ Ana: 50, Bia: 50, Cai: 100, Dea: 100, Eva: 100, Fee: 100 })
  })

  test('nothing, and ranks nobody, when it was a no contest or is overturned', async () => {
    const story = await Story.begin(platform)
    await story.bout(recent, 'Ana', 'Bia', { winner: null, outcome: 'no_contest', title: 'undisputed' })
    await story.correct(await story.bout(recent, 'Cai', 'Dea', { method: 'ko_tko' }), 'overturned')
    await story.correct(await story.bout(recent, 'Eva', 'Fee'), 'no_contest')
    expect(await story.points()).toEqual({})
    expect((await story.rankings('&ranked=false')).map(({ who, form, place }) => [who, form, place]).sort()).toEqual([
      ['Ana', ['NC'], null],
      ['Bia', ['NC'], null],
      ['Cai', ['NC'], null],
      ['Dea', ['NC'], null],
      ['Eva', ['NC'], null],
      ['Fee', ['NC'], null],
    ])
  })

  test('what the corrected result is worth', async () => {
    const story = await Story.begin(platform)
    const bout = await story.bout(recent, 'Ana', 'Bia', { method: 'submission', title: 'interim' })
    await story.correct(bout, 'winner_changed', 'Bia')
    expect(await story.points()).toEqual({ Ana: 0, Bia: 240 })
    await story.correct(bout, 'overturned')
    expect(await story.points()).toEqual({})
    await story.correct(bout, 'winner_changed', 'Ana')
    expect(await story.points()).toEqual({ Ana: 240, Bia: 0 })
  })

  test('nothing outside of its division', async () => {
    const story = await Story.begin(platform)
    const heavier = await Story.begin(platform, { people: story })
    const catchWeight = await Story.begin(platform, { people: story, ranked: false })
    await story.bout(recent, 'Ana', 'Bia')
    await heavier.bout(recent, 'Ana', 'Cai', { method: 'ko_tko' })
    await catchWeight.bout(recent, 'Ana', 'Bia', { title: 'undisputed' })
    expect(await story.points()).toEqual({ Ana: 100, Bia: 0 })
    expect(await heavier.points()).toEqual({ Ana: 120, Cai: 0 })
    expect(await catchWeight.rankings('&ranked=any')).toEqual([])
    const card = await catchWeight.card('Ana')
    expect(card.record).toEqual({ wins: 3, losses: 0, draws: 0, noContests: 0 })
    expect(card.bouts.map(({ worth, points }) => [worth, points]).sort()).toEqual([
      [0, 0],
      [100, 100],
      [120, 120],
    ])
    expect(card.places.map(({ place, of }) => [place, of])).toEqual([
      [1, 2],
      [1, 2],
    ])
  })
})

describe('a bout counts', () => {
  test.each([
    ['2026-06-30', 120, true],
    ['2026-07-15', 120, true],
    ['2029-01-01', 120, true],
    ['2025-07-01', 120, true],
    ['2025-06-30', 60, false],
    ['2025-06-29', 60, false],
    ['2024-07-01', 60, false],
  ])('for 12 months fully and for 12 more by half: on %s it gives %i points', async (date, points, active) => {
    const story = await Story.begin(platform)
    await story.bout(date, 'Ana', 'Bia', { method: 'ko_tko' })
    expect((await story.rankings()).map((row) => [row.who, row.points, row.active])).toEqual([
      ['Ana', points, active],
      ['Bia', 0, active],
    ])
  })

  test.each(['2024-06-30', '2024-06-29', '2001-01-01'])('no more after 24 months: on %s', async (date) => {
    const story = await Story.begin(platform)
    await story.bout(date, 'Ana', 'Bia', { title: 'undisputed' })
    expect(await story.rankings()).toEqual([])
    expect(
      (await story.rankings('&ranked=any')).map(({ who, points, wins, place, record }) => [
        who,
        points,
        wins,
        place,
        record.wins,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['Ana', 0, 0, null, 1],
        ['Bia', 0, 0, null, 0],
      ]),
    )
  })

  test('and a half that counts is half of each bout', async () => {
    const story = await Story.begin(platform)
    await story.bout('2025-01-01', 'Ana', 'Bia', { winner: null })
    await story.bout('2025-01-02', 'Ana', 'Bia', { method: 'submission', title: 'interim' })
    await story.bout('2026-01-01', 'Ana', 'Bia', { winner: 'Bia' })
    expect(await story.points()).toEqual({ Ana: 25 + 120, Bia: 25 + 100 })
    const card = await story.card('Bia')
    expect(card.bouts.map(({ date, worth, share, points }) => [date, worth, share, points])).toEqual([
      ['2026-01-01', 100, 1, 100],
      ['2025-01-02', 0, 0.5, 0],
      ['2025-01-01', 50, 0.5, 25],
    ])
  })
})

describe('when the ranking date moves', () => {
  test('points age without any bout, by calendar months', async () => {
    const story = await Story.begin(platform)
    await story.bout('2027-02-28', 'Ana', 'Bia')
    await story.bout('2027-03-01', 'Cai', 'Dea')
    for (const [date, ana, cai] of [
      ['2028-02-27', 100, 100],
      ['2028-02-28', 50, 100],
      // Twelve months before the 29th of February is the 28th.
      ['2028-02-29', 50, 100],
      ['2028-03-01', 50, 50],
    ] as const) {
      await story.period(date)
      expect(await story.points(), date).toEqual({ Ana: ana, Bia: 0, Cai: cai, Dea: 0 })
    }
    await story.period('2029-02-28')
    expect(await story.points()).toEqual({ Cai: 50, Dea: 0 })
  })
})
