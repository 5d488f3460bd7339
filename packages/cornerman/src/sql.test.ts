import { describe, expect, test } from 'vitest'
import { bare, columnList, identifier, literal, plainSql, rawSql, renderSql, sql, sqlFaults } from './sql.ts'

interface Renamed {
  type: 'AthleteRenamed'
  athleteId: string
  gymId: string
}

const numbered = (index: number) => `$${index + 1}`

describe('sql', () => {
  test('makes a parameter of each function of the event, in order', () => {
    const athlete = (e: Renamed) => e.athleteId
    const gym = (e: Renamed) => e.gymId
    const { text, parameters } = renderSql(sql<Renamed>`select ${athlete}, ${gym}`, numbered)
    expect(text).toBe('select $1, $2')
    expect(parameters).toEqual([athlete, gym])
  })

  test('gives the same function one placeholder, wherever it stands', () => {
    const athlete = (e: Renamed) => e.athleteId
    const gym = (e: Renamed) => e.gymId
    const query = sql<Renamed>`select 1 where a = ${athlete} and g = ${gym} and b = ${athlete}`
    const { text, parameters } = renderSql(query, numbered)
    expect(text).toBe('select 1 where a = $1 and g = $2 and b = $1')
    expect(parameters).toHaveLength(2)
  })

  test('splices other pieces in, with their own values, and counts on through them', () => {
    const athlete = (e: Renamed) => e.athleteId
    const gym = (e: Renamed) => e.gymId
    const deep = sql<Renamed>`athlete_id = ${athlete}`
    const condition = sql<Renamed>`(${deep} or gym_id = ${gym})`
    const { text } = renderSql(sql<Renamed>`where ${condition} and other = ${athlete}`, numbered)
    expect(text).toBe('where (athlete_id = $1 or gym_id = $2) and other = $1')
  })

  test.each([
    ["O'Malley", "'O''Malley'"],
    ['back\\slash', " E'back\\\\slash'"],
    ["both ' and \\", " E'both '' and \\\\'"],
    ['', "''"],
    [null, 'null'],
    [true, 'true'],
    [0.5, '0.5'],
    [-3, '(-3)'],
  ])('writes the constant %s as %s', (value, expected) => {
    expect(literal(value)).toBe(expected)
    expect(plainSql(sql`select ${value}`)).toBe(`select ${expected}`)
  })

  test('writes integers that only a bigint holds', () => {
    expect(literal(9007199254740993n)).toBe('9007199254740993')
    expect(literal(-12n)).toBe('(-12)')
  })

  test('keeps a negative constant after a minus from becoming a comment', () => {
    expect(plainSql(sql`select 5 -${-3}`)).toBe('select 5 -(-3)')
  })

  test('refuses what cannot stand in a statement', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 'a\0b', undefined, {}, [1]])
      expect(() => literal(value as never)).toThrow('cannot stand in SQL')
  })

  test('names the values of a piece, and of those within it, that can be no part of a statement', () => {
    const inner = sql`gym_id = ${undefined as never}`
    expect(sqlFaults(sql`select ${1}, ${'x'}, ${null} where ${inner} and points > ${Number.NaN}`)).toEqual([
      'the value after …gym_id = is undefined',
      'the value after …and points > is NaN',
    ])
  })

  test('takes plain text as it is', () => {
    expect(plainSql(sql`select * from ${rawSql('published."Orders"')} where a = ${'b'}`)).toBe(
      `select * from published."Orders" where a = 'b'`,
    )
  })

  test('quotes names of columns', () => {
    expect(identifier('a"b')).toBe('"a""b"')
    expect(columnList(['id', 'Order'], 'k.')).toBe('k."id", k."Order"')
  })

  test('makes a query fit to stand in brackets, whatever its last line is', () => {
    expect(`(${bare(' select 1 ;; ')})`).toBe('(select 1\n)')
    expect(`(${bare('select 1 -- the domain')})`).toBe('(select 1 -- the domain\n)')
  })
})
