import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { differences } from './oracle/compare.ts'
import { monthsBefore, rules, type Rules } from './oracle/rules.ts'
import { readWriteTables } from './oracle/writeTables.ts'
import { startTestPlatform, type TestPlatform } from './platform.ts'

let platform: TestPlatform

beforeAll(async () => {
  platform = await startTestPlatform()
  const { rankingDate, matches } = await readWriteTables(platform.urls.ownerWrite)
  // The seed is of some months: bouts from around the ends of both years.
  for (const monthsAgo of [11, 13, 23, 25]) await fight(matches[monthsAgo]!, monthsBefore(rankingDate, monthsAgo))
  await platform.caughtUp()
})

afterAll(() => platform.stop())

/** The two meet again on that day, and the first one wins. */
async function fight(of: { division_id: string; athlete_a: string; athlete_b: string }, date: string): Promise<void> {
  const event = await post('/events', { name: `On ${date}`, date })
  const athleteIds = [of.athlete_a, of.athlete_b]
  const match = await post('/matches', { eventId: event.id, divisionId: of.division_id, athleteIds })
  await post('/matches/result', { matchId: match.id, winnerId: of.athlete_a, method: 'decision_unanimous' })
}

async function post(path: string, body: object): Promise<{ id: string }> {
  const response = await fetch(platform.urls.commandApi + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(201)
  return (await response.json()) as { id: string }
}

test('the independent computation finds no difference in a platform that works', async () => {
  expect(await differences(platform.urls)).toEqual([])
})

describe('one rule changed in the independent computation is reported', () => {
  const changed: Rules = {
    win: rules.win + 1,
    finishBonus: rules.finishBonus + 1,
    titleFactor: rules.titleFactor + 1,
    draw: rules.draw + 1,
    fullMonths: rules.fullMonths - 2,
    halfMonths: rules.halfMonths - 2,
  }
  test.for(Object.keys(rules) as (keyof Rules)[])('%s', async (rule) => {
    const found = await differences(platform.urls, { ...rules, [rule]: changed[rule] })
    expect(found.filter((each) => /^rankings .*points is /.test(each)).length).toBeGreaterThan(0)
    expect(found.filter((each) => /^athletes .*bouts is /.test(each)).length).toBeGreaterThan(0)
  })
})

test('a document that is missing, one too many and one that was edited by hand are reported, and a refresh mends them', async () => {
  const store = new Client(platform.urls.ownerRead)
  await store.connect()
  const [missing, edited] = (
    await store.query<{ key: string }>('select athlete_id as key from read_models.athletes_v1 order by 1 limit 2')
  ).rows
  await store.query('delete from read_models.athletes_v1_g1 where athlete_id = $1', [missing!.key])
  await store.query(
    `update read_models.athletes_v1_g1 set document = jsonb_set(document, '{name}', '"Somebody else"') where athlete_id = $1`,
    [edited!.key],
  )
  const extra = '00000000-0000-4000-8000-000000000000'
  await store.query(
    `insert into read_models.athletes_v1_g1 (athlete_id, name, document, _version) values ($1, 'Ghost', '{}', 1)`,
    [extra],
  )
  await store.end()
  const found = await differences(platform.urls)
  expect(found).toContain(`athletes ${missing!.key}: missing`)
  expect(found).toContain(`athletes ${extra}: extra`)
  expect(found.filter((each) => each.startsWith(`athletes ${edited!.key}: name is "Somebody else"`))).toHaveLength(1)
  expect(found).toHaveLength(3)
  await platform.cornerman('refresh', 'athletes')
  expect(await differences(platform.urls)).toEqual([])
})
