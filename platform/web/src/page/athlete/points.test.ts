import { describe, expect, it } from 'vitest'
import { endingText, type Neighbour, placeReasons, shareText, sumText, worthText } from './points.ts'

const win = { worth: 100, result: 'W', method: 'decision_unanimous', title: 'none', overturned: false } as const

describe('what a bout is worth', () => {
  it('is made up as the ranking rule does it', () => {
    expect(worthText(win)).toBe('win 100')
    expect(worthText({ ...win, method: 'submission', worth: 120 })).toBe('win 100 + finish 20')
    expect(worthText({ ...win, title: 'interim', worth: 200 })).toBe('win 100 × 2 for the title')
    expect(worthText({ ...win, method: 'ko_tko', title: 'undisputed', worth: 240 })).toBe(
      '(win 100 + finish 20) × 2 for the title',
    )
    expect(worthText({ ...win, result: 'D', method: 'decision_split', worth: 50 })).toBe('draw 50')
    expect(worthText({ ...win, result: 'L', worth: 0 })).toBe('loss: nothing')
    expect(worthText({ ...win, result: 'NC', worth: 0 })).toBe('no contest: nothing')
    expect(worthText({ ...win, result: 'NC', overturned: true, worth: 0 })).toBe('overturned: nothing')
  })

  it('is not explained by a rule that says something else', () => {
    expect(worthText({ ...win, worth: 130 })).toBe('130')
  })

  it('counts in full, by half, or no more', () => {
    expect([1, 0.5, 0].map((share) => shareText({ share }))).toEqual([
      'in full',
      'by half: over 12 months ago',
      'no more: over 24 months ago',
    ])
    expect(sumText({ worth: 240, share: 0.5, points: 120 })).toBe('240 × ½ = 120')
    expect(sumText({ worth: 100, share: 0, points: 0 })).toBe('100 × 0 = 0')
    expect(sumText({ worth: 0, share: 1, points: 0 })).toBe('0')
  })
})

describe('how a bout ended', () => {
  it('has a round and a time, unless the judges decided', () => {
    expect(endingText({ method: 'ko_tko', round: 2, time: '3:21' })).toBe('KO/TKO, round 2, 3:21')
    expect(endingText({ method: 'decision_split', round: 3, time: '5:00' })).toBe('split decision')
    expect(endingText({ method: 'disqualification', round: 1, time: null })).toBe('disqualification, round 1')
    expect(endingText({ method: null, round: null, time: null })).toBe('')
  })
})

describe('why an athlete is fourth', () => {
  const row = (id: string, place: number, of: Partial<Neighbour>): Neighbour => ({
    place,
    champion: false,
    points: 100,
    wins: 1,
    lastWin: '2026-01-01',
    athlete: { id, name: id.toUpperCase() },
    ...of,
  })
  const rows = [
    row('a', 1, { champion: true, points: 150 }),
    row('b', 2, { points: 300 }),
    row('c', 3, { points: 240, wins: 3 }),
    row('d', 4, { points: 240, wins: 2, lastWin: '2026-03-01' }),
    row('e', 5, { points: 240, wins: 2, lastWin: '2026-02-01' }),
    row('f', 6, { points: 239 }),
    row('g', 7, { points: 239 }),
  ]

  it('names those next to her and what parts them, in the order of the rule', () => {
    expect(placeReasons(rows, 'd')).toEqual([
      'Level with C on points; C has more wins that count (3 to 2).',
      'Level with E on points, but has won more lately (1 Mar 2026).',
    ])
    expect(placeReasons(rows, 'c')).toEqual([
      '60 points behind B.',
      'Level with D on points, but has more wins that count (3 to 2).',
    ])
    expect(placeReasons(rows, 'f')).toEqual([
      '1 point behind E.',
      'Level with G on points, but comes first in the register.',
    ])
  })

  it('says that a champion stands first whatever the points', () => {
    expect(placeReasons(rows, 'a')).toEqual(['The champion stands first, whatever the points.'])
    expect(placeReasons(rows, 'b')[0]).toBe('Behind A, who is the champion.')
  })

  it('has none for whoever is not among them', () => {
    expect(placeReasons(rows, 'z')).toEqual([])
  })
})
