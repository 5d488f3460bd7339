import { importResults, readFolder } from '@platform/command-service/importer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CommandSide, openCommandSide } from '../commandSide.ts'
import { outboxAfter, written } from '../written.ts'
import { bout, Publisher } from './folder.ts'

let command: CommandSide
let publisher: Publisher

beforeEach(async () => {
  command = await openCommandSide()
  publisher = new Publisher()
})

afterEach(async () => {
  publisher.close()
  await command.close()
})

const events = ['Later,http://x/2,2019-02-02,Rome', 'First,http://x/1,"January 5, 2019",Lyon']
const fighters = ['Ana,155 lbs.,http://x/ana', 'Bea,155 lbs.,http://x/bea']

test('the same folder again takes nothing and writes nothing', async () => {
  const published = { events, fighters, results: [bout('Later', 'Ana vs. Cat'), bout('First', 'Bea vs. Ana')] }
  expect(await publisher.imported(command, published)).toMatchObject({
    taken: 2,
    alreadyThere: 0,
    athletes: 3,
    events: 2,
    rankingDate: '2019-02-02',
  })
  const before = await written(command)
  expect(await publisher.imported(command, published)).toMatchObject({
    taken: 0,
    alreadyThere: 2,
    athletes: 0,
    events: 0,
    rankingDate: '2019-02-02',
  })
  expect(await written(command)).toEqual(before)
})

test('goes through the same code as commands: the events lie in the outbox, the oldest bout first', async () => {
  await publisher.imported(command, {
    events,
    results: [
      bout('Later', 'Ana vs. Bea', { outcome: 'L/W', kind: 'UFC Lightweight Title Bout' }),
      bout('First', 'Ana vs. Bea', { outcome: 'D/D' }),
    ],
  })
  const completed = (await outboxAfter(command, 0)).filter(({ type }) => type === 'MatchCompleted')
  const ids = new Map(
    (await command.rows<{ name: string; id: string }>('select name, id from tournament.athletes')).map(
      ({ name, id }) => [name, id],
    ),
  )
  const athleteIds = [ids.get('Ana'), ids.get('Bea')]
  expect(completed.map(({ payload }) => payload)).toMatchObject([
    { winnerId: null, athleteIds, title: 'none', occurredAt: '2019-01-05T22:00:00.000Z' },
    { winnerId: ids.get('Bea'), athleteIds, title: 'undisputed', occurredAt: '2019-02-02T22:00:00.000Z' },
  ])
  const types = (await outboxAfter(command, 0)).map(({ type }) => type)
  expect(types.filter((type) => type === 'AthleteRegistered')).toHaveLength(2)
  expect(types.at(-1)).toBe('RankingPeriodStarted')
})

test('a second folder without fighters.csv goes on where the first one ended: its events and its people', async () => {
  await publisher.imported(command, { events: [events[1]!], fighters, results: [bout('First', 'Ana vs. Cat')] })
  const report = await publisher.imported(command, {
    events: [events[0]!],
    results: [bout('Later', 'Cat vs. Bea'), bout('First', 'Ana vs. Dot')],
  })
  expect(report).toMatchObject({ taken: 2, rejected: 0, athletes: 1, events: 1, rankingDate: '2019-02-02' })
  const names = await command.rows<{ name: string }>('select name from tournament.athletes order by name')
  expect(names.map(({ name }) => name)).toEqual(['Ana', 'Bea', 'Cat', 'Dot'])
})

test('who was made from a name stays the one, when a later folder lists the name', async () => {
  await publisher.imported(command, { events, results: [bout('First', 'Ana vs. Bea')] })
  const report = await publisher.imported(command, { events, fighters, results: [bout('Later', 'Ana vs. Bea')] })
  expect(report).toMatchObject({ taken: 1, athletes: 0 })
  expect(await command.rows('select 1 from tournament.athletes')).toHaveLength(2)
})

test('one that is stopped between two batches is finished by the next, to the same end as one that was not', async () => {
  const nights = Array.from(
    { length: 30 },
    (_, i) => `Night ${i},http://x/n${i},2019-03-${String(i + 1).padStart(2, '0')},Lyon`,
  )
  const results = Array.from({ length: 600 }, (_, i) =>
    bout(`Night ${Math.floor(i / 20)}`, `F${i % 50} vs. F${(i % 50) + 1 + (i % 3)}`),
  )
  const stop = new AbortController()
  const files = await readFolder(publisher.folder({ events: nights, results }))
  const seen: number[] = []
  const stopped = importResults(command.db, files, {
    signal: stop.signal,
    onProgress: (done) => {
      seen.push(done)
      stop.abort()
    },
  })
  await expect(stopped).rejects.toThrow('aborted')
  expect(seen).toEqual([260])
  const periods = () => command.rows<{ ranking_date: string }>('select 1 from tournament.ranking_periods')
  expect(await periods()).toHaveLength(1)
  expect(await publisher.imported(command, { events: nights, results })).toMatchObject({
    read: 600,
    taken: 340,
    alreadyThere: 260,
    rankingDate: '2019-03-30',
  })
  expect(await periods()).toHaveLength(2)
  const cards = await command.rows<{ count: number }>(
    'select count(distinct card_order)::int as count from tournament.matches group by event_id',
  )
  expect(cards.map(({ count }) => count)).toEqual(Array.from({ length: 30 }, () => 20))
})

test('without a single result there is no ranking date to move', async () => {
  expect(await publisher.imported(command, { events, results: [] })).toMatchObject({
    read: 0,
    taken: 0,
    rankingDate: null,
  })
})
