import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemOf } from '../answer.ts'
import { type Card, newCard, newMatch } from '../card.ts'
import { type CommandSide, type Method, openCommandSide } from '../commandSide.ts'
import { written } from '../written.ts'

let command: CommandSide
let card: Card
let matches: string[]

beforeAll(async () => {
  command = await openCommandSide()
  card = await newCard(command)
  matches = [await newMatch(command, card), await newMatch(command, card)]
  await command.done('/matches/result', { matchId: matches[1], winnerId: card.b })
})
afterAll(() => command?.close())

/** What people, programs and attackers put where something else belongs. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    ' ',
    '\0',
    '\ud800',
    '__proto__',
    "'; drop table tournament.matches; --",
    '%00',
    '0000-01-01',
    '-4713-01-01',
    '9999-12-31T23:59:59-23:59',
    '2026-06-06T24:00:00Z',
    'infinity',
    '1e400',
    -1,
    0.1,
    2 ** 31,
    2 ** 63,
    1e308,
    true,
    [],
    {},
    [null],
    { toString: 1 },
    '𝒜'.repeat(300),
    'İ̇ﷺ‮',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.uuid(),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
  fc.jsonValue({ maxDepth: 2 }),
  fc.double(),
)

interface Route {
  method: Method
  url: () => string
  /** Bodies that may well be accepted. */
  body: () => Record<string, unknown>
}

const routes: Record<string, Route> = {
  'POST /athletes': {
    method: 'POST',
    url: () => '/athletes',
    body: () => ({ name: 'Ana', nickname: 'The Hammer', country: 'BR' }),
  },
  'PATCH /athletes/:id': {
    method: 'PATCH',
    url: () => `/athletes/${card.a}`,
    body: () => ({ name: `Ana ${randomUUID()}`, nickname: null, country: 'PT' }),
  },
  'POST /divisions': {
    method: 'POST',
    url: () => '/divisions',
    body: () => ({
      slug: `d-${randomUUID()}`,
      name: 'Strawweight',
      sex: 'female',
      weightClass: '115',
      limitLbs: 115.5,
      ranked: true,
      order: 3,
    }),
  },
  'PATCH /divisions/:id': {
    method: 'PATCH',
    url: () => `/divisions/${card.divisionId}`,
    body: () => ({ name: randomUUID() }),
  },
  'POST /events': {
    method: 'POST',
    url: () => '/events',
    body: () => ({ name: 'Fight Night', date: '2026-06-06', location: 'Łódź' }),
  },
  'POST /matches': {
    method: 'POST',
    url: () => '/matches',
    body: () => ({
      eventId: card.eventId,
      divisionId: card.divisionId,
      athleteIds: [card.a, card.b],
      title: 'interim',
      cardOrder: 2,
    }),
  },
  'POST /matches/result': {
    method: 'POST',
    url: () => '/matches/result',
    body: () => ({
      matchId: matches[0],
      winnerId: card.a,
      outcome: 'win',
      method: 'ko_tko',
      round: 1,
      time: '0:10',
      completedAt: '2026-06-06T20:00:00Z',
    }),
  },
  'POST /matches/:id/correction': {
    method: 'POST',
    url: () => `/matches/${matches[1]}/correction`,
    body: () => ({ kind: 'winner_changed', winnerId: card.a, reason: 'the judges miscounted' }),
  },
  'POST /rankings/periods': {
    method: 'POST',
    url: () => '/rankings/periods',
    body: () => ({ rankingDate: '2026-06-07' }),
  },
}

/** How a body is spoilt: fields replaced, left out or added; or something else altogether. */
const spoil: fc.Arbitrary<(body: Record<string, unknown>) => unknown> = fc.oneof(
  { weight: 1, arbitrary: odd.map((value) => () => value) },
  {
    weight: 8,
    arbitrary: fc
      .array(fc.tuple(fc.nat(), fc.oneof(odd, fc.constant(undefined))), { minLength: 1, maxLength: 3 })
      .map((changes) => (body: Record<string, unknown>) => {
        const fields = Object.keys(body)
        const spoilt = changes.map(([at, value]) => [fields[at % fields.length]!, value])
        return { ...body, ...Object.fromEntries(spoilt) }
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('constructor', 'prototype', 'id')), odd)
      .map(([name, value]) => (body: Record<string, unknown>) => ({ ...body, [name]: value })),
  },
)

describe('whatever the body holds, it is done, or refused with a problem document and nothing is written', () => {
  test.each(Object.keys(routes))('%s', async (name) => {
    const { method, url, body } = routes[name]!
    let before = await written(command)
    await fc.assert(
      fc.asyncProperty(spoil, async (spoilt) => {
        const answer = await command.send(method, url(), spoilt(body()))
        const after = await written(command)
        if (answer.status < 300) expect(after).not.toEqual(before)
        else {
          problemOf(answer)
          expect(after).toEqual(before)
        }
        before = after
      }),
      { numRuns: 80 },
    )
  })
})
