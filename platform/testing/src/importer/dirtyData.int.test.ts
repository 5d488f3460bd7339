import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandSide, openCommandSide } from '../commandSide.ts'
import { bout, Publisher } from './folder.ts'

let command: CommandSide
let publisher: Publisher
let night = 0

beforeAll(async () => {
  command = await openCommandSide()
  publisher = new Publisher()
})

afterAll(async () => {
  publisher.close()
  await command.close()
})

/** An event of its own for a test: its name and its line. */
function event(date = '2019-01-05'): { name: string; line: string } {
  const name = `Night ${++night}`
  return { name, line: `${name},http://x/e${night},${date},Lyon` }
}

interface Bout {
  a: string
  b: string
  winner: string | null
  outcome: string
  method: string | null
  title: string
  division: string
  ranked: boolean
  order: number
  weight: number | null
}

/** The bouts of an event in the order of its card; `weight` is the listed one of the first fighter. */
const boutsOf = (name: string): Promise<Bout[]> =>
  command.rows<Bout & Record<string, unknown>>(
    `select a.name as a, b.name as b, w.name as winner, m.outcome, m.method, m.title, d.slug as division, d.ranked,
       m.card_order as order, a.listed_weight_lbs::float8 as weight
     from tournament.matches m join tournament.events e on e.id = m.event_id
     join tournament.divisions d on d.id = m.division_id
     join tournament.athletes a on a.id = m.athlete_a join tournament.athletes b on b.id = m.athlete_b
     left join tournament.athletes w on w.id = m.winner_id
     where e.name = $1 order by m.card_order`,
    [name],
  )

const athletesCalled = (name: string) =>
  command.rows<{ source_ref: string; weight: number | null; synthetic: boolean }>(
    'select source_ref, listed_weight_lbs::float8 as weight, synthetic from tournament.athletes where name = $1 order by 1',
    [name],
  )

test('blanks at the ends of names are none of the name, and who is listed is not made again', async () => {
  const { name, line } = event()
  const report = await publisher.imported(command, {
    events: [line.replace(name, `${name}  `)],
    fighters: [' Ana Łuc ,155 lbs.,http://x/ana'],
    results: [bout(`${name} `, 'Ana Łuc  vs.  Bea Öz ')],
  })
  expect(report).toMatchObject({ read: 1, taken: 1, athletes: 2, events: 1, rejects: [] })
  expect(await boutsOf(name)).toMatchObject([{ a: 'Ana Łuc', b: 'Bea Öz', winner: 'Ana Łuc', weight: 155 }])
})

test('a fighter whom nobody lists is made from the name, once, and no made-up person', async () => {
  const { name, line } = event()
  const results = [bout(name, 'Nobody Lists vs. Me Neither'), bout(name, 'Me Neither vs. Nobody Lists')]
  expect(await publisher.imported(command, { events: [line], results })).toMatchObject({ taken: 2, athletes: 2 })
  expect(await athletesCalled('Nobody Lists')).toEqual([
    { source_ref: 'name:Nobody Lists', weight: null, synthetic: false },
  ])
})

test('of two people of one name it is the one whose listed weight is nearest to the limit of the bout', async () => {
  const { name, line } = event()
  await publisher.imported(command, {
    events: [line],
    fighters: ['Bruno S,125 lbs.,http://x/light', 'Bruno S,185 lbs.,http://x/heavy', 'Bruno S,--,http://x/unknown'],
    results: [
      bout(name, 'Bruno S vs. Opponent 1', { kind: 'Flyweight Bout' }),
      bout(name, 'Bruno S vs. Opponent 2', { kind: 'UFC Middleweight Title Bout' }),
      bout(name, 'Bruno S vs. Opponent 3', { kind: 'Light Heavyweight Bout' }),
      bout(name, 'Bruno S vs. Opponent 4', { kind: 'Bantamweight Bout' }),
    ],
  })
  expect((await boutsOf(name)).map(({ b, weight }) => [b, weight])).toEqual([
    ['Opponent 1', 125],
    ['Opponent 2', 185],
    ['Opponent 3', 185],
    ['Opponent 4', 125],
  ])
})

test('a tie between two of one name is rejected, with line and reason, and makes nobody', async () => {
  const { name, line } = event()
  const catchWeight = { kind: 'Catch Weight Bout' }
  const report = await publisher.imported(command, {
    events: [line],
    fighters: ['Twin Lee,145 lbs.,http://x/one', 'Twin Lee,165 lbs.,http://x/other'],
    results: [
      bout(name, 'Unlisted One vs. Twin Lee', { kind: 'Lightweight Bout' }),
      bout(name, 'Twin Lee vs. Unlisted Two', catchWeight),
      bout(name, 'Twin Lee vs. Unlisted Three', { kind: 'Featherweight Bout' }),
    ],
  })
  expect(report).toMatchObject({ read: 3, taken: 1, rejected: 2 })
  const reason = '2 fighters are called Twin Lee, and their listed weights do not tell which of them it was'
  expect(report.rejects).toMatchObject([
    { file: 'results.csv', line: 2, reason, text: expect.stringContaining('Unlisted One vs. Twin Lee') as string },
    { file: 'results.csv', line: 3, reason },
  ])
  expect(await boutsOf(name)).toMatchObject([{ a: 'Twin Lee', b: 'Unlisted Three', weight: 145, order: 3 }])
  expect([...(await athletesCalled('Unlisted One')), ...(await athletesCalled('Unlisted Two'))]).toEqual([])
})

test('catch, open-weight and superfight bouts are on the record, in divisions that are not ranked', async () => {
  const { name, line } = event()
  const kinds = ['Catch Weight Bout', 'Open Weight Bout', 'UFC Superfight Championship Bout', 'Super Heavyweight Bout']
  const results = kinds.map((kind, i) => bout(name, `Free A${i} vs. Free B${i}`, { kind }))
  await publisher.imported(command, { events: [line], results })
  expect((await boutsOf(name)).map(({ division, ranked, title, winner }) => [division, ranked, title, winner])).toEqual(
    [
      ['catch-weight', false, 'none', 'Free A0'],
      ['open-weight', false, 'none', 'Free A1'],
      ['superfight', false, 'none', 'Free A2'],
      ['super-heavyweight', false, 'none', 'Free A3'],
    ],
  )
})

test('title bouts are those of the promotion; those of a tournament are ordinary bouts of their division', async () => {
  const { name, line } = event()
  const kinds = [
    "UFC Women's Bantamweight Title Bout",
    'UFC Interim Heavyweight Title Bout',
    'Ultimate Fighter 3 Middleweight Tournament Title Bout',
    "Ultimate Ultimate '95 Tournament Title Bout",
  ]
  const results = kinds.map((kind, i) => bout(name, `Title A${i} vs. Title B${i}`, { kind }))
  await publisher.imported(command, { events: [line], results })
  expect((await boutsOf(name)).map(({ division, title }) => [division, title])).toEqual([
    ['womens-bantamweight', 'undisputed'],
    ['heavyweight', 'interim'],
    ['middleweight', 'none'],
    ['open-weight', 'none'],
  ])
})

test('an overturned result has no winner, whoever the file says; draws and no contests have none either', async () => {
  const { name, line } = event()
  const results = [
    bout(name, 'O1 vs. P1', { method: 'Overturned ' }),
    bout(name, 'O2 vs. P2', { outcome: 'NC/NC', method: 'Overturned ' }),
    bout(name, 'O3 vs. P3', { outcome: 'D/D', method: 'Decision - Majority ' }),
    bout(name, 'O4 vs. P4', { outcome: 'NC/NC', method: 'Could Not Continue ' }),
    bout(name, 'O5 vs. P5', { outcome: 'L/W', method: "TKO - Doctor's Stoppage" }),
  ]
  await publisher.imported(command, { events: [line], results })
  expect((await boutsOf(name)).map(({ outcome, winner, method }) => [outcome, winner, method])).toEqual([
    ['overturned', null, null],
    ['overturned', null, null],
    ['draw', null, 'decision_majority'],
    ['no_contest', null, 'could_not_continue'],
    ['win', 'P5', 'doctors_stoppage'],
  ])
})

test('the order of the card is the order of the file, the main event first, also where events are mixed', async () => {
  const [one, two] = [event(), event()]
  await publisher.imported(command, {
    events: [one.line, two.line],
    results: [
      bout(one.name, 'Main A vs. Main B'),
      bout(two.name, 'Other A vs. Other B'),
      bout(one.name, 'Co A vs. Co B'),
      bout(one.name, 'First A vs. First B'),
    ],
  })
  expect((await boutsOf(one.name)).map(({ a, order }) => [a, order])).toEqual([
    ['Main A', 1],
    ['Co A', 2],
    ['First A', 3],
  ])
})

test('what means nothing is rejected line by line, of all three files, and the sum is the file', async () => {
  const { name, line } = event()
  const twice = bout(name, 'Same A vs. Same B')
  const report = await publisher.imported(command, {
    events: [line, `${name},http://x/again,2020-05-05,Rome`, 'No Day,http://x/noday,someday,Rome'],
    fighters: [',155 lbs.,http://x/noname'],
    results: [
      bout('Never Heard', 'A vs. B'),
      twice,
      twice,
      bout(name, 'Alone'),
      bout(name, 'Odd A vs. Odd B', { kind: 'Cruiserweight Bout' }),
      `${name},short`,
    ],
  })
  expect(report).toMatchObject({ read: 6, taken: 1, alreadyThere: 0, rejected: 5, events: 1 })
  expect(report.rejects.map(({ file, line: at, reason }) => `${file}:${at} ${reason}`).sort()).toEqual([
    'events.csv:3 an event of this name was on 2019-01-05',
    'events.csv:4 DATE is no day: someday',
    'fighters.csv:2 FIGHTER is no name: ""',
    'results.csv:2 no event is called Never Heard, in events.csv or before',
    'results.csv:4 the same bout stands in the file before',
    'results.csv:5 BOUT does not name two fighters: Alone',
    'results.csv:6 WEIGHTCLASS is not known: Cruiserweight Bout',
    'results.csv:7 the line has 2 fields, the header 8',
  ])
})
