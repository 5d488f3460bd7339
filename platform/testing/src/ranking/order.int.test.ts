import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPlatform, type Platform } from '../platform.ts'
import { Story } from './story.ts'

let platform: Platform

beforeAll(async () => {
  platform = await openPlatform()
  await platform.command.done('/rankings/periods', { rankingDate: '2026-06-30' })
})
afterAll(() => platform?.close())

describe('the order of a division is', () => {
  test('by points first', async () => {
    const story = await Story.begin(platform)
    // More wins, fewer points.
    await story.bout('2025-02-01', 'Ana', 'Zoe')
    await story.bout('2025-02-02', 'Ana', 'Zoe')
    await story.bout('2026-01-01', 'Bia', 'Zoe', { method: 'ko_tko' })
    expect(await story.names()).toEqual(['Bia', 'Ana', 'Zoe'])
  })

  test('then by the number of wins that count', async () => {
    const story = await Story.begin(platform)
    await story.bout('2026-06-01', 'Ana', 'Zoe', { title: 'interim' })
    await story.bout('2026-01-01', 'Bia', 'Zoe')
    await story.bout('2026-01-02', 'Bia', 'Zoe')
    // Wins of long ago do not count.
    for (const day of ['01', '02', '03']) await story.bout(`2023-01-${day}`, 'Ana', 'Zoe')
    expect((await story.rankings()).map(({ who, points, wins }) => [who, points, wins])).toEqual([
      ['Bia', 200, 2],
      ['Ana', 200, 1],
      ['Zoe', 0, 0],
    ])
  })

  test('then by the date of the last of them, the latest first, and who has none last', async () => {
    const story = await Story.begin(platform)
    await story.bout('2026-02-02', 'Ana', 'Zoe')
    await story.bout('2026-03-03', 'Bia', 'Zoe')
    await story.bout('2026-01-01', 'Cai', 'Zoe')
    // Two draws: as many points as a win, but no win.
    for (const day of ['20', '21']) await story.bout(`2026-06-${day}`, 'Dea', 'Eva', { winner: null })
    const rows = await story.rankings()
    expect(rows.slice(0, 3).map(({ who, lastWin }) => [who, lastWin])).toEqual([
      ['Bia', '2026-03-03'],
      ['Ana', '2026-02-02'],
      ['Cai', '2026-01-01'],
    ])
    expect(
      new Set(rows.slice(3, 5).map(({ who, points, wins, lastWin }) => `${who} ${points} ${wins} ${lastWin}`)),
    ).toEqual(new Set(['Dea 100 0 null', 'Eva 100 0 null']))
    expect(rows.map(({ place }) => place)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('then by athlete id', async () => {
    const story = await Story.begin(platform)
    const names = ['Ana', 'Bia', 'Cai', 'Dea', 'Eva', 'Fee']
    for (const name of names) await story.bout('2026-05-05', name, `Loser to ${name}`)
    const ids = await Promise.all(names.map((name) => story.idOf(name)))
    const rows = await story.rankings()
    expect(rows.slice(0, 6).map(({ athlete }) => athlete.id)).toEqual(ids.sort())
  })

  test('a place for all who have a bout that counts, even with 0 points, and for nobody else', async () => {
    const story = await Story.begin(platform)
    await story.bout('2026-01-01', 'Ana', 'Bia')
    await story.bout('2024-01-01', 'Cai', 'Dea')
    await story.bout('2026-01-01', 'Eva', 'Fee', { winner: null, outcome: 'no_contest' })
    await story.scheduled('2026-12-31', 'Gia', 'Hel')
    expect((await story.rankings()).map(({ who, place, points }) => [who, place, points])).toEqual([
      ['Ana', 1, 100],
      ['Bia', 2, 0],
    ])
    const unranked = await story.rankings('&ranked=false')
    expect(unranked.map(({ who, place }) => [who, place]).sort()).toEqual([
      ['Cai', null],
      ['Dea', null],
      ['Eva', null],
      ['Fee', null],
    ])
  })
})

describe('record and form', () => {
  test('are over the whole career in the division, form being the last five, newest first', async () => {
    const story = await Story.begin(platform)
    await story.bout('2010-01-01', 'Ana', 'Bia')
    await story.bout('2011-01-01', 'Bia', 'Ana')
    await story.bout('2012-01-01', 'Ana', 'Bia', { winner: null })
    await story.bout('2013-01-01', 'Ana', 'Bia', { winner: null, outcome: 'no_contest' })
    await story.bout('2014-01-01', 'Ana', 'Bia', { method: 'ko_tko' })
    await story.correct(await story.bout('2015-01-01', 'Ana', 'Bia', { method: 'submission' }), 'overturned')
    await story.bout('2026-01-01', 'Bia', 'Ana', { method: 'submission' })
    const rows = await story.rankings()
    expect(rows.map(({ who, record, form, finishes }) => ({ who, record, form, finishes }))).toEqual([
      {
        who: 'Bia',
        record: { wins: 2, losses: 2, draws: 1, noContests: 2 },
        form: ['W', 'NC', 'L', 'NC', 'D'],
        finishes: 1,
      },
      {
        who: 'Ana',
        record: { wins: 2, losses: 2, draws: 1, noContests: 2 },
        form: ['L', 'NC', 'W', 'NC', 'D'],
        finishes: 1,
      },
    ])
  })

  test('take bouts of one day in the order of the card, the main event being the latest', async () => {
    const story = await Story.begin(platform)
    await story.bout('2026-03-03', 'Ana', 'Bia', { cardOrder: 2, winner: null })
    await story.bout('2026-03-03', 'Bia', 'Ana', { cardOrder: 1 })
    await story.bout('2026-03-03', 'Ana', 'Bia', { cardOrder: 3 })
    await story.bout('2026-03-02', 'Ana', 'Bia', { cardOrder: 1, winner: null, outcome: 'no_contest' })
    const forms = (await story.rankings()).map(({ who, form }) => [who, form.join(' ')])
    expect(Object.fromEntries(forms)).toEqual({ Ana: 'L D W NC', Bia: 'W D L NC' })
    const card = await story.card('Ana')
    expect(card.form).toEqual(['L', 'D', 'W', 'NC'])
    expect(card.bouts.map(({ result, opponent }) => `${result} ${opponent.name}`)).toEqual([
      'L Bia',
      'D Bia',
      'W Bia',
      'NC Bia',
    ])
  })
})

describe('movement', () => {
  test('is against the places published last, which later corrections do not change', async () => {
    const story = await Story.begin(platform)
    const first = await story.bout('2026-06-01', 'Ana', 'Bia', { method: 'ko_tko' })
    await story.bout('2026-06-02', 'Cai', 'Dea')
    const moves = async () =>
      Object.fromEntries((await story.rankings()).map(({ who, place, movement }) => [who, [place, movement]]))
    expect(Object.values(await moves()).map(([, movement]) => movement)).toEqual([null, null, null, null])
    await story.period('2026-06-30')
    expect(await moves()).toMatchObject({ Ana: [1, 0], Cai: [2, 0] })
    // Cai passes Ana, and Eva comes new.
    await story.bout('2026-07-01', 'Cai', 'Eva')
    expect(await moves()).toMatchObject({ Cai: [1, -1], Ana: [2, 1], Eva: [expect.any(Number), null] })
    await story.correct(first, 'winner_changed', 'Bia')
    const places = await moves()
    expect(places).toMatchObject({ Cai: [1, -1] })
    // Ana was published first and has no points left: she moves down from there.
    expect(places['Ana']![1]).toBe(places['Ana']![0]! - 1)
    await story.period('2026-07-02')
    expect(Object.values(await moves()).map(([, movement]) => movement)).toEqual([0, 0, 0, 0, 0])
  })

  test('is null for who was not ranked then, or is not ranked now', async () => {
    const story = await Story.begin(platform)
    const bout = await story.bout('2026-06-01', 'Ana', 'Bia')
    await story.bout('2026-06-01', 'Cai', 'Dea', { winner: null, outcome: 'no_contest' })
    await story.period('2026-06-30')
    await story.correct(bout, 'no_contest')
    await story.bout('2026-06-02', 'Cai', 'Dea')
    expect((await story.rankings('&ranked=any')).map(({ who, movement }) => [who, movement]).sort()).toEqual([
      ['Ana', null],
      ['Bia', null],
      ['Cai', null],
      ['Dea', null],
    ])
  })
})
