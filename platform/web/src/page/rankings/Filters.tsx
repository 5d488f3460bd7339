import { useState } from 'preact/hooks'
import { allDivisions, filtersOf, noFilters } from '../address/address.ts'
import { useNavigation } from '../address/navigation.ts'
import type { Division } from '../divisions/DivisionTabs.tsx'
import { Choice } from './Choice.tsx'
import { countryName } from './words.ts'

const sorts = [
  ['', 'Place'],
  ['-points', 'Most points'],
  ['name', 'Name'],
  ['-wins', 'Most wins that count'],
  ['-finishes', 'Most finishes'],
  ['-lastWin', 'Latest win'],
  ['country', 'Country'],
] as const

export function Filters({ divisions, scope }: { divisions: readonly Division[]; scope: string | undefined }) {
  const { address, go } = useNavigation()
  const [isOpen, setIsOpen] = useState(false)
  const count = Object.keys(filtersOf(address)).length
  const shown = divisions.filter(({ slug }) => scope === allDivisions || slug === scope)
  const countries = countriesOf(shown, address.country)
  return (
    <div class="filters">
      <button
        type="button"
        class="filters-switch"
        aria-expanded={isOpen}
        aria-controls="filters"
        onClick={() => setIsOpen(!isOpen)}
      >
        Filter and sort{count === 0 ? '' : ` · ${count}`}
      </button>
      <div
        id="filters"
        class="filters-panel"
        role="group"
        aria-label="Filters and order"
        data-open={isOpen ? '' : undefined}
      >
        {scope === allDivisions ? (
          <>
            <Choice
              label="Sex"
              value={address.sex}
              onChoose={(sex) => go({ sex: sex as 'male' | 'female' | undefined })}
            >
              <option value="">Men and women</option>
              <option value="male">Men</option>
              <option value="female">Women</option>
            </Choice>
            <Choice label="Weight class" value={address.weightClass} onChoose={(weightClass) => go({ weightClass })}>
              <option value="">Every weight</option>
              {distinct(shown.map(({ weightClass }) => weightClass)).map((weightClass) => (
                <option key={weightClass}>{weightClass}</option>
              ))}
            </Choice>
          </>
        ) : null}
        {countries.length === 0 ? null : (
          <Choice label="Country" value={address.country} onChoose={(country) => go({ country })}>
            <option value="">Every country</option>
            {countries.map(([code, name]) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </Choice>
        )}
        <Choice
          label="Finishes"
          value={address.finishes === undefined ? undefined : String(address.finishes)}
          onChoose={(finishes) => go({ finishes: finishes === undefined ? undefined : Number(finishes) })}
        >
          <option value="">Any number</option>
          {distinct([1, 3, 5, 10, ...(address.finishes === undefined ? [] : [address.finishes])])
            .toSorted((a, b) => a - b)
            .map((least) => (
              <option key={least} value={String(least)}>
                {least} or more
              </option>
            ))}
        </Choice>
        <Choice
          label="Activity"
          value={address.active === undefined ? undefined : String(address.active)}
          onChoose={(active) => go({ active: active === undefined ? undefined : active === 'true' })}
        >
          <option value="">Active or not</option>
          <option value="true">Active</option>
          <option value="false">Not active</option>
        </Choice>
        <Choice label="Order" value={address.sort} onChoose={(sort) => go({ sort })}>
          {address.q === undefined ? null : <option value="">Best match</option>}
          {sorts.map(([value, name]) => (
            <option key={value} value={value === '' && address.q !== undefined ? 'place' : value}>
              {name}
            </option>
          ))}
          {address.sort === undefined || isListed(address.sort) ? null : (
            <option value={address.sort}>{turnedAround(address.sort)}</option>
          )}
        </Choice>
        {count === 0 ? null : (
          <button type="button" class="clear" onClick={() => go(noFilters)}>
            Clear filters
          </button>
        )}
      </div>
    </div>
  )
}

function countriesOf(divisions: readonly Division[], chosen: string | undefined): [code: string, name: string][] {
  const codes = distinct([
    ...divisions.flatMap(({ countries }) => countries),
    ...(chosen === undefined ? [] : [chosen]),
  ])
  return codes
    .map((code): [string, string] => [code, countryName(code)])
    .toSorted(([, a], [, b]) => a.localeCompare(b, 'en'))
}

const isListed = (sort: string) => sort === 'place' || sorts.some(([value]) => value === sort)

/** Orders that only the heads of the columns can ask for. */
const turnedAround = (sort: string) =>
  ({
    '-place': 'Last place first',
    points: 'Fewest points',
    '-name': 'Name, from Z',
    wins: 'Fewest wins that count',
    finishes: 'Fewest finishes',
    '-country': 'Country, from Z',
    lastWin: 'Earliest last win',
  })[sort] ?? sort

const distinct = <T,>(values: readonly T[]): T[] => [...new Set(values)]
