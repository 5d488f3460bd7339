import type { SortField } from '@platform/contracts'

/** What the page shows, as its address says it: going back, reloading and sharing a link work because nothing else does. */
export interface Address {
  /** The slug of a division, or `all`; without one the first division, or all while searching. */
  division?: string
  q?: string
  sex?: 'male' | 'female'
  weightClass?: string
  country?: string
  /** At least so many finishes. */
  finishes?: number
  active?: boolean
  sort?: string
  /** Where the page of the list begins, and its number. */
  cursor?: string
  page?: number
  /** Whose card is open. */
  athlete?: string
}

export const allDivisions = 'all'

const sortable: Record<SortField, true> = {
  place: true,
  points: true,
  name: true,
  wins: true,
  finishes: true,
  country: true,
  lastWin: true,
}

/** Reads an address; what it cannot mean is left out, so that an old or mangled link still shows something. */
export function parseAddress(search: string): Address {
  const query = new URLSearchParams(search)
  const text = (name: string, pattern = /^[^\p{Cc}\p{Cs}]{1,100}$/u) => {
    const value = query.get(name)?.trim()
    return value !== undefined && pattern.test(value) ? value : undefined
  }
  const cursor = text('cursor', /^[\w.-]{1,2000}$/)
  const sex = text('sex', /^(male|female)$/) as Address['sex']
  const finishes = text('finishes', /^[1-9]\d{0,2}$/)
  const active = text('active', /^(true|false)$/)
  const page = text('page', /^[1-9]\d{0,5}$/)
  return compact({
    division: text('division', /^[\w-]{1,60}$/),
    q: text('q'),
    sex,
    weightClass: text('weightClass'),
    country: text('country', /^[A-Z]{2}$/),
    finishes: finishes === undefined ? undefined : Number(finishes),
    active: active === undefined ? undefined : active === 'true',
    sort: sortOf(text('sort')),
    cursor,
    page: cursor === undefined || page === undefined ? undefined : Number(page),
    athlete: text('athlete', /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i),
  })
}

/** An address as a link: `?` and what differs from the page as it is first shown. */
export function formatAddress(address: Address): string {
  const query = new URLSearchParams(
    Object.entries(compact(address)).map(([name, value]) => [name, String(value)] as [string, string]),
  )
  return query.size === 0 ? '/' : `/?${query}`
}

export type AddressChange = { [K in keyof Address]?: Address[K] | undefined }

/** Another question is asked from its first page on; opening a card asks no other question. */
export function changeAddress(address: Address, change: AddressChange): Address {
  const isSameList = Object.keys(change).every((name) => name === 'athlete' || name === 'cursor' || name === 'page')
  return compact({ ...address, ...(isSameList ? {} : { cursor: undefined, page: undefined }), ...change })
}

/** The change that takes all filters away. */
export const noFilters = {
  sex: undefined,
  weightClass: undefined,
  country: undefined,
  finishes: undefined,
  active: undefined,
} satisfies AddressChange

/** The filters, other than the search and the division, that are set. */
export const filtersOf = ({ sex, weightClass, country, finishes, active }: Address) =>
  compact({ sex, weightClass, country, finishes, active })

function sortOf(text: string | undefined): string | undefined {
  return text !== undefined && Object.hasOwn(sortable, text.replace(/^-/, '')) ? text : undefined
}

type Compact<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function compact<T extends object>(object: T): Compact<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined && value !== ''),
  ) as Compact<T>
}
