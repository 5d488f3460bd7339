import { expect, test } from 'vitest'
import { flagOf } from './flag.ts'

test.each([
  ['BR', '🇧🇷'],
  ['PL', '🇵🇱'],
  ['AA', '🇦🇦'],
  ['ZZ', '🇿🇿'],
  ['br', null],
  ['BRA', null],
  ['', null],
  [null, null],
])('the flag of %j is %j', (country, flag) => {
  expect(flagOf(country)).toBe(flag)
})
