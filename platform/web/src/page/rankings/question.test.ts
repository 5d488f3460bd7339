import { describe, expect, it } from 'vitest'
import { rankingsQuestion, scopeOf } from './question.ts'

describe('the scope of the list', () => {
  it('is the first division at first, and all divisions for a search', () => {
    expect(scopeOf({}, 'men-over-93kg')).toBe('men-over-93kg')
    expect(scopeOf({ q: 'sliwka' }, 'men-over-93kg')).toBe('all')
  })

  it('is the division that the address names, also for a search', () => {
    expect(scopeOf({ division: 'women-52kg' }, 'men-over-93kg')).toBe('women-52kg')
    expect(scopeOf({ division: 'women-52kg', q: 'sliwka' }, 'men-over-93kg')).toBe('women-52kg')
  })

  it('is not known before the divisions are', () => {
    expect(scopeOf({}, undefined)).toBeUndefined()
  })
})

describe('the question to the query service', () => {
  it('asks for a page of a division', () => {
    expect(rankingsQuestion({}, 'women-52kg')).toBe('/rankings?division=women-52kg&limit=25')
  })

  it('asks for sex and weight class only where they are not given by the division', () => {
    const address = { sex: 'female' as const, weightClass: '−52 kg' }
    expect(rankingsQuestion(address, 'women-52kg')).toBe('/rankings?division=women-52kg&limit=25')
    expect(rankingsQuestion(address, 'all')).toBe('/rankings?sex=female&weightClass=%E2%88%9252+kg&limit=25')
  })

  it('carries search, filters, sort and page', () => {
    const address = {
      q: 'łucja',
      country: 'PL',
      finishes: 3,
      active: false,
      sort: '-points',
      cursor: 'abc.def',
      page: 2,
    }
    expect(rankingsQuestion(address, 'all')).toBe(
      '/rankings?q=%C5%82ucja&country=PL&finishes=3&active=false&sort=-points&limit=25&cursor=abc.def',
    )
  })
})
