import { describe, expect, test } from 'vitest'
import { dayOf, parseEvent, parseFighter, parseResult } from './parse.ts'

const row = (values: Record<string, string>) => ({ line: 7, values })

describe('a day', () => {
  test.each([
    ['December 14, 2024', '2024-12-14'],
    ['Mar 05, 1994', '1994-03-05'],
    ['Sept. 9, 2023', '2023-09-09'],
    ['2024-02-29', '2024-02-29'],
  ])('%s is %s', (text, day) => expect(dayOf(text)).toBe(day))

  test.each(['', '--', 'February 30, 2024', '2023-02-29', 'Ma 05, 1994', '14 December 2024', '2024-13-01'])(
    '%j is none',
    (text) => expect(dayOf(text)).toBeUndefined(),
  )
})

describe('a line of events.csv', () => {
  test('is an event', () => {
    const values = { EVENT: 'Night 1', URL: 'http://x/1', DATE: 'January 5, 2019', LOCATION: 'Lyon' }
    expect(parseEvent(row(values))).toEqual({
      value: { line: 7, name: 'Night 1', date: '2019-01-05', location: 'Lyon', ref: 'http://x/1' },
    })
  })

  test('is known by name and day where it has no URL', () => {
    expect(parseEvent(row({ EVENT: 'Night 1', DATE: '2019-01-05' }))).toMatchObject({
      value: { ref: 'event:Night 1|2019-01-05', location: null },
    })
  })

  test.each([
    [{ EVENT: '', DATE: '2019-01-05' }, 'EVENT is empty'],
    [{ EVENT: 'Night 1', DATE: 'soon' }, 'DATE is no day: soon'],
  ])('%j is rejected', (values, reason) => expect(parseEvent(row(values))).toEqual({ reason }))
})

describe('a line of fighters.csv', () => {
  test.each([
    ['155 lbs.', 155],
    ['145.5 lbs', 145.5],
    ['--', null],
    ['', null],
  ])('with the weight %j has %s', (WEIGHT, weightLbs) => {
    expect(parseFighter(row({ FIGHTER: 'Jo Łuc', WEIGHT, URL: 'http://x/f' }))).toEqual({
      value: { name: 'Jo Łuc', weightLbs, ref: 'http://x/f' },
    })
  })

  test('without a name is rejected', () => {
    expect(parseFighter(row({ FIGHTER: '' }))).toEqual({ reason: 'FIGHTER is no name: ""' })
  })
})

describe('a line of results.csv', () => {
  const values = {
    EVENT: 'Night 1',
    BOUT: 'Jo Łuc vs. Ann Vs',
    OUTCOME: 'L/W',
    WEIGHTCLASS: "UFC Women's Flyweight Title Bout",
    METHOD: 'Submission',
    ROUND: '2',
    TIME: '3:21',
    URL: 'http://x/b',
  }
  const parsed = (change: Partial<typeof values>) => parseResult(row({ ...values, ...change }))

  test('is a bout and its result', () => {
    expect(parsed({})).toEqual({
      value: {
        line: 7,
        event: 'Night 1',
        fighters: ['Jo Łuc', 'Ann Vs'],
        winner: 1,
        outcome: 'win',
        boutClass: { divisionSlug: 'womens-flyweight', title: 'undisputed', limitLbs: 125 },
        method: 'submission',
        round: 2,
        time: '3:21',
        ref: 'http://x/b',
      },
    })
  })

  test.each([
    ['W/L', { winner: 0, outcome: 'win' }],
    ['D/D', { winner: null, outcome: 'draw' }],
    ['NC/NC', { winner: null, outcome: 'no_contest' }],
  ])('%s is %j', (OUTCOME, result) => expect(parsed({ OUTCOME })).toMatchObject({ value: result }))

  test.each(['W/L', 'L/W', 'NC/NC'])('that was overturned has no winner, whoever won (%s)', (OUTCOME) => {
    expect(parsed({ OUTCOME, METHOD: 'Overturned' })).toMatchObject({
      value: { winner: null, outcome: 'overturned', method: null },
    })
  })

  test('has neither round nor time where they are none', () => {
    expect(parsed({ ROUND: '--', TIME: '' })).toMatchObject({ value: { round: null, time: null } })
  })

  test.each([
    [{ EVENT: '' }, 'EVENT is empty'],
    [{ BOUT: 'Jo Łuc' }, 'BOUT does not name two fighters: Jo Łuc'],
    [{ BOUT: 'A vs. B vs. C' }, 'BOUT does not name two fighters: A vs. B vs. C'],
    [{ BOUT: 'A vs. A' }, 'BOUT names one fighter twice: A vs. A'],
    [{ OUTCOME: 'W/W' }, 'OUTCOME is none of W/L, L/W, D/D, NC/NC: W/W'],
    [{ WEIGHTCLASS: 'Cruiserweight Bout' }, 'WEIGHTCLASS is not known: Cruiserweight Bout'],
    [{ METHOD: 'Magic' }, 'METHOD is not known: Magic'],
    [{ METHOD: 'constructor' }, 'METHOD is not known: constructor'],
    [{ OUTCOME: 'toString' }, 'OUTCOME is none of W/L, L/W, D/D, NC/NC: toString'],
  ])('%j is rejected', (change, reason) => expect(parsed(change)).toEqual({ reason }))
})
