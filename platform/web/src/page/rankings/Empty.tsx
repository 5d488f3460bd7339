import { allDivisions } from '../address/address.ts'
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
  nothing: 'Rankings show here as soon as a division has its first result.',
  division: 'It may have been given another name.',
  search: 'Accents and small slips do not matter; a part of the name is enough.',
  filters: 'With fewer of them there are more athletes.',
  nobody: 'The first result makes the first place.',
}

export function Empty({ reason }: { reason: EmptyReason }) {
  const { address, href, go } = useNavigation()
  const noFilters = {
    sex: undefined,
    weightClass: undefined,
    country: undefined,
    finishes: undefined,
    active: undefined,
  }
  const everywhere = { division: allDivisions, ...noFilters }
  const isNarrowed = Object.keys(noFilters).some((name) => name in address)
  return (
    <div class="notice">
      <h2>{titles[reason]}</h2>
      <p>{hints[reason]}</p>
      <p class="ways-out">
        {reason === 'division' ? <WayOut change={{ division: undefined }}>Show the first division</WayOut> : null}
        {isNarrowed ? <WayOut change={noFilters}>Clear filters</WayOut> : null}
        {reason === 'search' && address.division !== undefined && address.division !== allDivisions ? (
          <WayOut change={everywhere}>Search all divisions</WayOut>
        ) : null}
        {reason === 'search' ? <WayOut change={{ q: undefined }}>Clear the search</WayOut> : null}
      </p>
    </div>
  )

  function WayOut({ change, children }: { change: Parameters<typeof go>[0]; children: string }) {
    return (
      <Link class="button" href={href(change)} onVisit={() => go(change)}>
        {children}
      </Link>
    )
  }
}
