import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPlatform, type Platform } from '../platform.ts'
import { Story, type Told } from './story.ts'

let platform: Platform

beforeAll(async () => {
  platform = await openPlatform()
  await platform.command.done('/rankings/periods', { rankingDate: '2026-06-30' })
})
afterAll(() => platform?.close())

const undisputed: Told = { title: 'undisputed' }

/** The champion as everybody is told: on top of the ranking, and on the athlete's card. */
async function championOf(story: Story): Promise<string | undefined> {
  const rows = await story.rankings('&ranked=any')
  const champions = rows.filter(({ champion }) => champion)
  expect(champions.length).toBeLessThanOrEqual(1)
  for (const who of new Set(rows.map((row) => row.who))) {
    const card = await story.card(who)
    const here = card.divisions.find(({ id }) => id === story.divisionId)
    expect(here?.champion, `${who}'s card`).toBe(champions[0]?.who === who)
  }
  if (champions[0] !== undefined) expect(champions[0].place).toBe(1)
  return champions[0]?.who
}

describe('the champion', () => {
  test('is the winner of the latest undisputed title bout, and first whatever the points', async () => {
    const story = await Story.begin(platform)
    await story.bout('2026-01-01', 'Ana', 'Bia', undisputed)
    for (const day of ['01', '02', '03']) await story.bout(`2026-02-${day}`, 'Cai', 'Dea', { method: 'ko_tko' })
    expect(await championOf(story)).toBe('Ana')
    expect((await story.rankings()).map(({ who, points }) => [who, points]).slice(0, 2)).toEqual([
      ['Ana', 200],
      ['Cai', 360],
    ])
  })

  test('is nobody by an interim title, a draw, a no contest or an ordinary bout', async () => {
    const story = await Story.begin(platform)
    await story.bout('2026-01-01', 'Ana', 'Bia', { title: 'interim' })
    await story.bout('2026-01-02', 'Ana', 'Bia')
    await story.bout('2026-01-03', 'Ana', 'Bia', { ...undisputed, winner: null })
    await story.bout('2026-01-04', 'Ana', 'Bia', { ...undisputed, winner: null, outcome: 'no_contest' })
    expect(await championOf(story)).toBeUndefined()
  })

  test('stays after a draw, and while another wins the interim title', async () => {
    const story = await Story.begin(platform)
    await story.bout('2026-01-01', 'Ana', 'Bia', undisputed)
    await story.bout('2026-02-01', 'Bia', 'Ana', { ...undisputed, winner: null })
    await story.bout('2026-03-01', 'Cai', 'Bia', { title: 'interim' })
    expect(await championOf(story)).toBe('Ana')
  })

  test('is followed by a new one in a bout in which she did not fight', async () => {
    const story = await Story.begin(platform)
    await story.bout('2026-01-01', 'Ana', 'Bia', undisputed)
    expect(await championOf(story)).toBe('Ana')
    await story.bout('2026-02-01', 'Cai', 'Dea', undisputed)
    expect(await championOf(story)).toBe('Cai')
  })

  test('is so again when the bout after is overturned, drawn out of the books, or won by another', async () => {
    const story = await Story.begin(platform)
    await story.bout('2026-01-01', 'Ana', 'Bia', undisputed)
    const later = await story.bout('2026-02-01', 'Cai', 'Dea', undisputed)
    await story.correct(later, 'overturned')
    expect(await championOf(story)).toBe('Ana')
    await story.correct(later, 'winner_changed', 'Dea')
    expect(await championOf(story)).toBe('Dea')
    await story.correct(later, 'no_contest')
    expect(await championOf(story)).toBe('Ana')
  })

  test('does not change by a title bout of earlier days whose result comes late', async () => {
    const story = await Story.begin(platform)
    const early = await story.scheduled('2026-01-01', 'Ana', 'Bia', undisputed)
    await story.bout('2026-02-01', 'Cai', 'Dea', undisputed)
    await story.result(early, 'Ana')
    expect(await championOf(story)).toBe('Cai')
  })

  test('of two title bouts of one day is the winner of the one listed first', async () => {
    const story = await Story.begin(platform)
    await story.bout('2026-03-03', 'Ana', 'Bia', { ...undisputed, cardOrder: 1 })
    await story.bout('2026-03-03', 'Cai', 'Dea', { ...undisputed, cardOrder: 2 })
    expect(await championOf(story)).toBe('Ana')
  })

  test('is not shown while not ranked, and is again when a bout counts', async () => {
    const story = await Story.begin(platform)
    await story.bout('2020-01-01', 'Ana', 'Bia', undisputed)
    await story.bout('2026-01-01', 'Cai', 'Dea')
    expect(await championOf(story)).toBeUndefined()
    expect(await story.names()).toEqual(['Cai', 'Dea'])
    await story.bout('2026-06-01', 'Dea', 'Ana')
    expect(await championOf(story)).toBe('Ana')
    expect(await story.names()).toEqual(['Ana', 'Dea', 'Cai'])
  })

  test('is one in each division, whatever happens in others', async () => {
    const story = await Story.begin(platform)
    const other = await Story.begin(platform, { people: story })
    await story.bout('2026-01-01', 'Ana', 'Bia', undisputed)
    await other.bout('2026-02-01', 'Bia', 'Ana', undisputed)
    expect([await championOf(story), await championOf(other)]).toEqual(['Ana', 'Bia'])
  })
})
