import { type AddressChange, allDivisions, filtersOf, noFilters } from '../address/address.ts'
import { Link } from '../address/Link.tsx'
import { useNavigation } from '../address/navigation.ts'

export type EmptyReason = 'nothing' | 'division' | 'search' | 'filters' | 'nobody'

const titles: Record<EmptyReason, string> = {
  nothing: 'No divisions yet',
  division: 'There is no such division',
  search: 'Nobody by that name',
  filters: 'Nobody fits these filters',
  nobody: 'Nobody is ranked here yet',
}

const hints: Record<EmptyReason, string> = {
  nothing: 'Rankings show here as soon as there is a division with a result.',
  division: 'It may have been given another name.',
  search: 'Accents and small slips do not matter; a part of the name is enough.',
  filters: 'With fewer of them there are more athletes.',
  nobody: 'The first result makes the first place.',
}

export function Empty({ reason }: { reason: EmptyReason }) {
  const { address } = useNavigation()
  const { division } = address
  const isSearch = reason === 'search'
  return (
    <div class="notice">
      <h2>{titles[reason]}</h2>
      <p>{hints[reason]}</p>
      <p class="ways-out">
        {reason === 'division' ? <WayOut change={{ division: undefined }}>Show the first division</WayOut> : null}
        {Object.keys(filtersOf(address)).length > 0 ? <WayOut change={noFilters}>Clear filters</WayOut> : null}
        {isSearch && division !== undefined && division !== allDivisions ? (
          <WayOut change={{ division: allDivisions, ...noFilters }}>Search all divisions</WayOut>
        ) : null}
        {isSearch ? <WayOut change={{ q: undefined }}>Clear the search</WayOut> : null}
      </p>
    </div>
  )
}

function WayOut({ change, children }: { change: AddressChange; children: string }) {
  const { href, go } = useNavigation()
  return (
    <Link class="button" href={href(change)} onVisit={() => go(change)}>
      {children}
    </Link>
  )
}
