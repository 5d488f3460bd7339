import type { RankingRow, SortField } from '@platform/contracts'
import { useNavigation } from '../address/navigation.ts'
import { Row } from './Row.tsx'

interface TableProps {
  rows: readonly RankingRow[]
  caption: string
  withDivision: boolean
  isBusy: boolean
}

export function Table({ rows, caption, withDivision, isBusy }: TableProps) {
  // Imported results say nothing of countries.
  const withFlags = rows.some(({ athlete }) => athlete.country !== null)
  return (
    <table class="rankings" aria-busy={isBusy}>
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          <Head field="place" first="asc" class="place">
            <abbr title="Place">#</abbr>
          </Head>
          <Head field="name" first="asc">
            Athlete
          </Head>
          {withDivision ? (
            <th scope="col" class="wide">
              Division
            </th>
          ) : null}
          <th scope="col" class="wide">
            Form
          </th>
          <Head
            field="wins"
            first="desc"
            class="number wide"
            title="Record: wins, losses, draws; sorted by wins that count"
          >
            Record
          </Head>
          <Head field="finishes" first="desc" class="number wide">
            Finishes
          </Head>
          <Head field="points" first="desc" class="number points">
            Points
          </Head>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row
            key={`${row.division.id} ${row.athlete.id}`}
            row={row}
            withDivision={withDivision}
            withFlag={withFlags}
          />
        ))}
      </tbody>
    </table>
  )
}

interface HeadProps {
  field: SortField
  /** The direction that one asks for first. */
  first: 'asc' | 'desc'
  class?: string
  title?: string
  children: preact.ComponentChildren
}

/** A column by which the list can be sorted; asked for again, it turns around. */
function Head({ field, first, children, title, ...rest }: HeadProps) {
  const { address, go } = useNavigation()
  const sort = address.sort ?? (address.q === undefined ? 'place' : '')
  const isSorted = sort.replace(/^-/, '') === field
  const direction = sort.startsWith('-') ? 'desc' : 'asc'
  const next = isSorted ? (direction === 'asc' ? 'desc' : 'asc') : first
  const asked = `${next === 'desc' ? '-' : ''}${field}`
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (direction === 'asc' ? 'ascending' : 'descending') : undefined}
      class={rest.class}
      title={title}
    >
      <button
        type="button"
        onClick={() => go({ sort: asked === 'place' && address.q === undefined ? undefined : asked })}
      >
        {children}
        <svg class="direction" viewBox="0 0 8 6" aria-hidden="true">
          <path d={direction === 'asc' ? 'M4 0 8 6H0z' : 'M4 6 0 0h8z'} />
        </svg>
      </button>
    </th>
  )
}
