import { describe, expect, it } from 'vitest'
import { counted, countryName, dayText, movementOf, ordinal, recordText, recordWords } from './words.ts'

describe('movement', () => {
  it('is a rise when the place has become smaller', () => {
    expect(movementOf({ place: 4, movement: -3 })).toEqual({ direction: 'up', text: '3', words: 'up 3 places' })
    expect(movementOf({ place: 4, movement: 1 })).toEqual({ direction: 'down', text: '1', words: 'down 1 place' })
  })

  it('tells who stayed from who is new and who has no place', () => {
    expect(movementOf({ place: 4, movement: 0 }).direction).toBe('same')
    expect(movementOf({ place: 4, movement: null }).direction).toBe('new')
    expect(movementOf({ place: null, movement: null }).direction).toBe('none')
  })
})

describe('a record', () => {
  it('shows no contests only where there are any', () => {
    expect(recordText({ wins: 24, losses: 3, draws: 0, noContests: 0 })).toBe('24–3–0')
    expect(recordText({ wins: 24, losses: 3, draws: 1, noContests: 2 })).toBe('24–3–1 (2 NC)')
  })

  it('is heard in words', () => {
    expect(recordWords({ wins: 1, losses: 0, draws: 2, noContests: 0 })).toBe('1 win, 0 losses, 2 draws')
    expect(recordWords({ wins: 2, losses: 1, draws: 0, noContests: 1 })).toBe('2 wins, 1 loss, 0 draws, 1 no contest')
  })
})

describe('words', () => {
  it('count', () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21, 102].map(ordinal)).toEqual([
      '1st',
      '2nd',
      '3rd',
      '4th',
      '11th',
      '12th',
      '13th',
      '21st',
      '102nd',
    ])
    expect([counted(1, 'athlete'), counted(1_200, 'athlete')]).toEqual(['1 athlete', '1,200 athletes'])
  })

  it('name days, wherever the reader is', () => {
    expect(dayText('2024-12-07')).toBe('7 Dec 2024')
  })

  it('name countries', () => {
    expect([countryName('BR'), countryName('QZ')]).toEqual(['Brazil', 'QZ'])
  })
})
