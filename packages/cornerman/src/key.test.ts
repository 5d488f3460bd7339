import { describe, expect, test } from 'vitest'
import { isCanonical, keyFault, keyString, keyText } from './key.ts'

describe('a key', () => {
  const shape = { division_id: 'uuid', rank: 'integer' }

  test('is an array with a part for each column', () => {
    expect(keyFault(shape, ['a', 1])).toBeUndefined()
    expect(keyFault(shape, ['a'])).toBe('expected a key of 2 parts (division_id, rank), got: ["a"]')
    expect(keyFault(shape, 'a')).toBe('expected a key to be an array of 2, got: "a"')
    expect(keyFault(shape, undefined)).toBe('expected a key to be an array of 2, got: undefined')
  })

  test('has no null in it', () => {
    expect(keyFault(shape, ['a', null])).toBe('rank is null in the key ["a",null]')
    expect(keyFault(shape, [undefined, 1])).toBe('division_id is null in the key [null,1]')
  })

  test('is made of text, numbers and booleans', () => {
    expect(keyFault(shape, ['a', 7n])).toBeUndefined()
    expect(keyFault(shape, ['a', true])).toBeUndefined()
    expect(keyFault(shape, ['a', new Date(0)])).toMatch(/^rank is neither text nor a number in the key/)
    expect(keyFault(shape, [{ id: 1n }, 1])).toMatch(/^division_id is neither text nor a number in the key/)
  })

  test('has no number that JavaScript has rounded or made up', () => {
    const parsed = JSON.parse('{"id": 9007199254740993}') as { id: number }
    expect(keyFault({ id: 'bigint' }, [parsed.id])).toMatch(/beyond the integers that JavaScript holds exactly/)
    expect(keyFault({ id: 'bigint' }, [Number.MAX_SAFE_INTEGER])).toBeUndefined()
    expect(keyFault({ id: 'text' }, [Number.NaN])).toMatch(/^id is no number/)
  })

  test('is at most 512 bytes long, all parts together', () => {
    expect(keyFault({ a: 'text', b: 'text' }, ['ś'.repeat(200), 'x'.repeat(112)])).toBeUndefined()
    expect(keyFault({ a: 'text', b: 'text' }, ['ś'.repeat(200), 'x'.repeat(113)])).toMatch(
      /^a key of 513 bytes is longer than 512: ś{40}…$/,
    )
  })

  test('has one string of its own', () => {
    expect(keyString(['a'])).toBe('a')
    expect(keyString(['a', 'b,c'])).not.toBe(keyString(['a,b', 'c']))
    expect(keyText(['a', 'b'])).toBe('a, b')
  })
})

describe('canonical form', () => {
  test.each([
    ['uuid', '0c1d2e3f-0000-4000-8000-00000000000a'],
    ['integer', '-2000000'],
    ['integer', '0'],
    ['bigint', '123456789012345678'],
    ['smallint', '-9999'],
    ['text', 'São Śliwka 🥊'],
    ['text', ''],
  ])('%s %j is certainly in it', (type, text) => {
    expect(isCanonical(type, text)).toBe(true)
  })

  test.each([
    ['uuid', '0C1D2E3F-0000-4000-8000-00000000000A'],
    ['uuid', '{0c1d2e3f-0000-4000-8000-00000000000a}'],
    ['integer', '007'],
    ['integer', '+7'],
    ['integer', '-0'],
    ['integer', '4294967296'],
    ['smallint', '40000'],
    ['text', 'a\0b'],
    ['text', 'half a pair: \ud83e'],
    ['date', '2024-01-01'],
    ['numeric', '1'],
  ])('PostgreSQL is asked about %s %j', (type, text) => {
    expect(isCanonical(type, text)).toBe(false)
  })
})
