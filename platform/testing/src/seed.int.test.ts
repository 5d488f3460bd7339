import { seed } from '@platform/command-service/seed'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CommandSide, openCommandSide } from './commandSide.ts'
import { outboxAfter, written } from './written.ts'

let command: CommandSide

beforeEach(async () => {
  command = await openCommandSide()
})

afterEach(() => command.close())

const small = { athletesPerDivision: 30, weeks: 40, eventsPerWeek: 2, boutsPerEvent: 6, today: new Date('2026-06-10') }

interface Athlete {
  name: string
  synthetic: boolean
}

test('the seed is a made-up federation: many divisions, accents, two of one name, every bout with its events', async () => {
  expect(await seed(command.db, small)).toEqual({ athletes: 420, bouts: 480 })
  const athletes = await command.rows<Athlete & Record<string, unknown>>(
    'select name, synthetic from tournament.athletes',
  )
  expect(athletes.every(({ synthetic }) => synthetic)).toBe(true)
  expect(athletes.filter(({ name }) => name !== name.normalize('NFD')).length).toBeGreaterThan(100)
  expect(new Set(athletes.map(({ name }) => name)).size).toBeLessThan(athletes.length)
  const divisions = await command.rows<{ sex: string; bouts: number }>(
    `select d.sex, count(*)::int as bouts from tournament.divisions d join tournament.matches m on m.division_id = d.id
     where m.outcome is not null group by d.id`,
  )
  expect(divisions.length).toBeGreaterThanOrEqual(10)
  expect(new Set(divisions.map(({ sex }) => sex))).toEqual(new Set(['male', 'female']))
  const types = Map.groupBy(await outboxAfter(command, 0), ({ type }) => type)
  expect(types.get('MatchCompleted')).toHaveLength(480)
  expect(types.get('AthleteRegistered')).toHaveLength(420)
})

test('the seed ends on the last Saturday; places are published before its last week, so that there is movement to see', async () => {
  await seed(command.db, small)
  const [last] = await command.rows<{ event: string; period: string; places: number }>(
    `select max(e.date)::text as event, (select ranking_date::text from tournament.ranking_periods order by number desc limit 1) as period,
       (select count(*)::int from tournament.published_places) as places from tournament.events e`,
  )
  expect(last).toMatchObject({ event: '2026-06-06', period: '2026-06-06' })
  expect(last!.places).toBeGreaterThan(200)
})

test('a seed that is stopped in the middle leaves nothing', async () => {
  const before = await written(command)
  const stopped = seed(command.db, {
    ...small,
    onProgress: (week) => {
      if (week === 20) throw new Error('stopped')
    },
  })
  await expect(stopped).rejects.toThrow('stopped')
  expect(await written(command)).toEqual(before)
})
