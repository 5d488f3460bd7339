import { createContext } from 'preact'
import { useContext, useEffect, useMemo, useState } from 'preact/hooks'
import { type Address, type AddressChange, changeAddress, formatAddress, parseAddress } from './address.ts'

/** What the browser keeps with an entry of its history. */
interface Entry {
  /** Where the pages before this one begin; the first one begins nowhere: ''. */
  trail: string[]
  /** How many entries back the list without a card is; 0 where there is none. */
  cards: number
}

export interface Navigation {
  address: Address
  /** Where the pages before this one begin; empty on the first page, and for whoever came by a link. */
  trail: readonly string[]
  href(change: AddressChange): string
  go(change: AddressChange, options?: { replace?: boolean }): void
  nextPage(cursor: string): void
  previousPage(): void
  openAthlete(id: string): void
  closeAthlete(): void
}

const NavigationContext = createContext<Navigation | undefined>(undefined)
export const NavigationProvider = NavigationContext.Provider

export function useNavigation(): Navigation {
  const navigation = useContext(NavigationContext)
  if (navigation === undefined) throw new Error('expected a NavigationProvider around this component')
  return navigation
}

/** The address bar as the state of the page. */
export function useBrowserNavigation(): Navigation {
  const [location, setLocation] = useState(read)
  useEffect(() => {
    const onPopState = () => setLocation(read())
    addEventListener('popstate', onPopState)
    return () => removeEventListener('popstate', onPopState)
  }, [])
  return useMemo(() => navigationFrom(location, setLocation), [location])
}

interface Location {
  address: Address
  entry: Entry
}

function read(): Location {
  const state = history.state as Partial<Entry> | null
  return {
    address: parseAddress(window.location.search),
    entry: { trail: state?.trail ?? [], cards: state?.cards ?? 0 },
  }
}

function navigationFrom({ address, entry }: Location, show: (location: Location) => void): Navigation {
  const visit = (next: Address, state: Entry, replace = false) => {
    history[replace ? 'replaceState' : 'pushState'](state, '', formatAddress(next))
    show({ address: next, entry: state })
  }
  return {
    address,
    trail: entry.trail,
    href: (change) => formatAddress(changeAddress(address, change)),
    go: (change, { replace = false } = {}) => {
      const next = changeAddress(address, change)
      visit(next, { trail: next.cursor === undefined ? [] : entry.trail, cards: 0 }, replace)
    },
    nextPage: (cursor) =>
      visit(
        changeAddress(address, { cursor, page: (address.page ?? 1) + 1 }),
        { trail: [...entry.trail, address.cursor ?? ''], cards: 0 },
        false,
      ),
    previousPage: () => {
      const cursor = entry.trail.at(-1)
      const page = cursor === undefined || cursor === '' ? undefined : (address.page ?? 2) - 1
      visit(changeAddress(address, { cursor: cursor === '' ? undefined : cursor, page }), {
        trail: entry.trail.slice(0, -1),
        cards: 0,
      })
    },
    openAthlete: (athlete) => {
      const isFromLink = address.athlete !== undefined && entry.cards === 0
      visit(changeAddress(address, { athlete }), { trail: entry.trail, cards: isFromLink ? 0 : entry.cards + 1 })
    },
    // What the page has opened it leaves by going back, so that the next step back does not open it again.
    closeAthlete: () =>
      entry.cards > 0
        ? history.go(-entry.cards)
        : visit(changeAddress(address, { athlete: undefined }), { trail: entry.trail, cards: 0 }, true),
  }
}
