import { describe, expect, test } from 'vitest'
import { boutClassOf, importDivisions } from './weightClass.ts'

describe('a bout by what it is called', () => {
  test.each([
    ['Lightweight Bout', 'lightweight', 'none', 155],
    ['Light Heavyweight Bout', 'light-heavyweight', 'none', 205],
    ['Heavyweight Bout', 'heavyweight', 'none', 265],
    ["Women's Strawweight Bout", 'womens-strawweight', 'none', 115],
    ['UFC Middleweight Title Bout', 'middleweight', 'undisputed', 185],
    ["UFC Women's Flyweight Title Bout", 'womens-flyweight', 'undisputed', 125],
    ['UFC Interim Welterweight Title Bout', 'welterweight', 'interim', 170],
    ["UFC Interim Women's Featherweight Title Bout", 'womens-featherweight', 'interim', 145],
    ['Ultimate Fighter 28 Heavyweight Tournament Title Bout', 'heavyweight', 'none', 265],
    ["Ultimate Fighter 23 Women's Strawweight Tournament Title Bout", 'womens-strawweight', 'none', 115],
    ['Ultimate Fighter Australia vs. UK Lightweight Tournament Title Bout', 'lightweight', 'none', 155],
    ['Ultimate Fighter 8 Light Heavyweight Tournament Title Bout', 'light-heavyweight', 'none', 205],
    ["Ultimate Ultimate '96 Tournament Title Bout", 'open-weight', 'none', null],
    ['UFC 10 Tournament Title Bout', 'open-weight', 'none', null],
    ['Catch Weight Bout', 'catch-weight', 'none', null],
    ['Open Weight Bout', 'open-weight', 'none', null],
    ['UFC Superfight Championship Bout', 'superfight', 'none', null],
    ['Super Heavyweight Bout', 'super-heavyweight', 'none', null],
  ] as const)('%s is fought in %s, for title: %s', (name, divisionSlug, title, limitLbs) => {
    expect(boutClassOf(name)).toEqual({ divisionSlug, title, limitLbs })
    expect(importDivisions.find(({ slug }) => slug === divisionSlug)?.ranked).toBe(limitLbs !== null)
  })

  test.each(['', 'Bout', 'Middleweight', 'Cruiserweight Bout', 'UFC Title Bout', "Women's Heavyweight Bout"])(
    '%j is no bout that is known',
    (name) => expect(boutClassOf(name)).toBeUndefined(),
  )
})

test('the divisions that bouts are fought in have names of their own, and places among the tabs', () => {
  for (const of of ['slug', 'name', 'order'] as const)
    expect(new Set(importDivisions.map((each) => each[of])).size).toBe(importDivisions.length)
  expect(importDivisions.filter(({ ranked }) => ranked)).toHaveLength(12)
})
