import { describe, expect, it } from 'vitest'
import { type Address, changeAddress, filtersOf, formatAddress, noFilters, parseAddress } from './address.ts'

describe('an address', () => {
  it('is read as it was written', () => {
    const address: Address = {
      division: 'women-52kg',
      q: 'Śliwka & São',
      sex: 'female',
      weightClass: '−52 kg',
      country: 'PL',
      finishes: 3,
      active: true,
      sort: '-points',
      cursor: 'W1sx.a_b-c',
      page: 4,
      athlete: '0193b2a4-7f0e-7000-8000-000000000001',
    }
    expect(parseAddress(formatAddress(address).slice(1))).toEqual(address)
  })

  it('is bare for the page as it is first shown', () => {
    expect(formatAddress({})).toBe('/')
    expect(formatAddress({ q: '' })).toBe('/')
  })

  it('leaves out what it cannot mean', () => {
    expect(
      parseAddress(
        '?sex=other&country=Brazil&finishes=-1&active=yes&sort=height&page=2&athlete=1&division=../x&q=%00&weightClass=',
      ),
    ).toEqual({})
  })

  it('keeps the number of a page only with the place where the page begins', () => {
    expect(parseAddress('?page=3')).toEqual({})
    expect(parseAddress('?page=3&cursor=abc.def')).toEqual({ page: 3, cursor: 'abc.def' })
  })
})

describe('a change of the address', () => {
  const third: Address = { division: 'men-77kg', cursor: 'abc.def', page: 3 }

  it('begins another list at its first page', () => {
    expect(changeAddress(third, { country: 'BR' })).toEqual({ division: 'men-77kg', country: 'BR' })
    expect(changeAddress(third, { sort: '-points' })).toEqual({ division: 'men-77kg', sort: '-points' })
  })

  it('keeps the page when a card is opened and closed', () => {
    const athlete = '0193b2a4-7f0e-7000-8000-000000000001'
    const opened = changeAddress(third, { athlete })
    expect(opened).toEqual({ ...third, athlete })
    expect(changeAddress(opened, { athlete: undefined })).toEqual(third)
  })

  it('takes filters away', () => {
    const filtered: Address = { division: 'all', sex: 'male', finishes: 3, active: false }
    expect(filtersOf(filtered)).toEqual({ sex: 'male', finishes: 3, active: false })
    expect(changeAddress(filtered, noFilters)).toEqual({ division: 'all' })
    expect(changeAddress(filtered, { ...noFilters, active: true })).toEqual({ division: 'all', active: true })
  })
})
