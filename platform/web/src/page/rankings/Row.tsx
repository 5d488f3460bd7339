import type { RankingRow } from '@platform/contracts'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Link } from '../address/Link.tsx'
import { useNavigation } from '../address/navigation.ts'
import { ChampionMark } from './ChampionMark.tsx'
import { Flag } from './Flag.tsx'
import { Form } from './Form.tsx'
import { Movement } from './Movement.tsx'
import { countryName, numberText, recordText, recordWords } from './words.ts'

const highlightMs = 3_000

interface RowProps {
  row: RankingRow
  withDivision: boolean
  withFlag: boolean
}

export function Row({ row, withDivision, withFlag }: RowProps) {
  const { href, openAthlete } = useNavigation()
  const isChanged = useIsChanged(row)
  const { athlete, champion, place, points, record, form, finishes, division } = row
  return (
    <tr class={champion ? 'champion' : undefined} data-changed={isChanged ? '' : undefined}>
      <td class="place">
        <span class="number">{place ?? '–'}</span>
        <Movement row={row} />
      </td>
      <th scope="row" class="athlete">
        <div class="athlete-inner">
          {withFlag ? <Flag country={athlete.country} /> : null}
          <div>
            <span class="names">
              <Link class="name" href={href({ athlete: athlete.id })} onVisit={() => openAthlete(athlete.id)}>
                {athlete.name}
              </Link>
              {champion ? <ChampionMark /> : null}
            </span>
            <Details row={row} withDivision={withDivision} />
            <span class="brief">
              <span>{recordText(record)}</span>
              <Form form={form} />
            </span>
          </div>
        </div>
      </th>
      {withDivision ? <td class="division wide">{division.name}</td> : null}
      <td class="wide">
        <Form form={form} />
      </td>
      <td class="number wide">
        <span aria-hidden="true">{recordText(record)}</span>
        <span class="unseen">{recordWords(record)}</span>
      </td>
      <td class="number wide">{numberText(finishes)}</td>
      <td class="number points">{numberText(points)}</td>
    </tr>
  )
}

function Details({ row, withDivision }: { row: RankingRow; withDivision: boolean }) {
  const { nickname, country, synthetic } = row.athlete
  return (
    <span class="details">
      {withDivision ? <span class="narrow">{row.division.name}</span> : null}
      {nickname === null ? null : <span>“{nickname}”</span>}
      {country === null ? null : <span>{countryName(country)}</span>}
      {row.place === null ? <span>not ranked now</span> : null}
      {synthetic ? <span class="made-up">made up</span> : null}
    </span>
  )
}

/** Whether what the row shows has changed just now. */
function useIsChanged(row: RankingRow): boolean {
  const shown = JSON.stringify(row)
  const before = useRef(shown)
  const [isChanged, setIsChanged] = useState(false)
  useEffect(() => {
    if (before.current === shown) return
    before.current = shown
    setIsChanged(true)
    const timer = setTimeout(() => setIsChanged(false), highlightMs)
    return () => clearTimeout(timer)
  }, [shown])
  return isChanged
}
