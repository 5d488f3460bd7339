import { Link } from '../address/Link.tsx'
import { useNavigation } from '../address/navigation.ts'
import { Letter } from '../rankings/Form.tsx'
import { dayText, numberText } from '../rankings/words.ts'
import { type Bout, endingText, shareText, sumText, worthText } from './points.ts'

const titleNames = { none: '', interim: 'Interim title bout', undisputed: 'Title bout' }

/** Bouts, newest first; with a total, what each of them adds to it. */
export function BoutList({ bouts, label, total }: { bouts: readonly Bout[]; label: string; total?: number }) {
  return (
    <table class="bouts" aria-label={label}>
      <thead class="unseen">
        <tr>
          <th scope="col">Result</th>
          <th scope="col">Bout</th>
          <th scope="col">Points</th>
        </tr>
      </thead>
      <tbody>
        {bouts.map((bout) => (
          <BoutRow key={bout.matchId} bout={bout} isCounted={total !== undefined} />
        ))}
      </tbody>
      {total === undefined ? null : (
        <tfoot>
          <tr>
            <td />
            <th scope="row">Points</th>
            <td class="number total">{numberText(total)}</td>
          </tr>
        </tfoot>
      )}
    </table>
  )
}

function BoutRow({ bout, isCounted }: { bout: Bout; isCounted: boolean }) {
  const { href, openAthlete } = useNavigation()
  const { opponent, event, date, title, result } = bout
  const facts = [endingText(bout), titleNames[title], bout.overturned ? 'overturned' : ''].filter((fact) => fact !== '')
  return (
    <tr class={bout.points > 0 ? undefined : 'pointless'}>
      <td>
        <Letter letter={result} />
      </td>
      <td>
        <p class="against">
          <Link href={href({ athlete: opponent.id })} onVisit={() => openAthlete(opponent.id)}>
            {opponent.name}
          </Link>
        </p>
        <p class="details">
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
          <time dateTime={date}>{dayText(date)}</time>
          <span>{event}</span>
        </p>
        {isCounted && bout.worth > 0 ? (
          <p class="how">
            {worthText(bout)}, counts {shareText(bout)}
          </p>
        ) : null}
      </td>
      <td class="number">
        {isCounted ? (
          <>
            <strong class="bout-points">{numberText(bout.points)}</strong>
            {bout.worth > 0 ? <span class="sum">{sumText(bout)}</span> : null}
          </>
        ) : null}
      </td>
    </tr>
  )
}
