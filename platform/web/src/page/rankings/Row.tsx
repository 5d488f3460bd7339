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
  const change = useChange(row)
  const { athlete, champion, place, points, record, form, finishes, division } = row
  return (
    <tr class={champion ? 'champion' : undefined} data-changed={change}>
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

/** What of a row has changed just now: its own doing, or only the place, by somebody else's. */
function useChange(row: RankingRow): 'result' | 'place' | undefined {
  const { place, movement, ...own } = row
  const shown = { own: JSON.stringify(own), place: `${place} ${movement}` }
  const before = useRef(shown)
  const [change, setChange] = useState<'result' | 'place'>()
  useEffect(() => {
    const { own: ownBefore, place: placeBefore } = before.current
    if (shown.own === ownBefore && shown.place === placeBefore) return
    before.current = shown
    setChange(shown.own === ownBefore ? 'place' : 'result')
    const timer = setTimeout(() => setChange(undefined), highlightMs)
    return () => clearTimeout(timer)
  }, [shown.own, shown.place])
  return change
}
