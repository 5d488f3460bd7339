import type { AthleteAnswer, RankingsAnswer } from '@platform/contracts'
import { Link } from '../address/Link.tsx'
import { useNavigation } from '../address/navigation.ts'
import { useChanges } from '../api/live.ts'
import { useAnswer } from '../api/useAnswer.ts'
import { ChampionMark } from '../rankings/ChampionMark.tsx'
import { Form } from '../rankings/Form.tsx'
import { counted, numberText, ordinal, recordText, recordWords } from '../rankings/words.ts'
import { BoutList } from './BoutList.tsx'
import { placeReasons } from './points.ts'

interface StandingProps {
  athlete: AthleteAnswer['data']
  division: AthleteAnswer['data']['divisions'][number]
  isKnown: boolean
}

/** The most rows that one question gives: further down, those next to an athlete are not looked up. */
const rowsMax = 100

/** An athlete in one division: the place, and every bout with what it adds to the points. */
export function Standing({ athlete, division, isKnown }: StandingProps) {
  const { href, go } = useNavigation()
  const { place = null, of = 0 } = athlete.places.find(({ divisionId }) => divisionId === division.id) ?? {}
  const reasons = useReasons(athlete.id, division.id, place)
  const bouts = athlete.bouts.filter((bout) => bout.division === division.name)
  const change = { division: division.slug, q: undefined, athlete: undefined }
  return (
    <section class="standing" aria-label={division.name}>
      <header class="standing-head">
        <h3>
          {isKnown ? (
            <Link href={href(change)} onVisit={() => go(change)}>
              {division.name}
            </Link>
          ) : (
            division.name
          )}
          {division.champion && place !== null ? <ChampionMark /> : null}
        </h3>
        <p class="standing-place">
          {place === null ? (
            'Not ranked now'
          ) : (
            <>
              <strong>{ordinal(place)}</strong> of {numberText(of)}
            </>
          )}
        </p>
        <p class="standing-points">
          <strong>{numberText(division.points)}</strong> points
        </p>
      </header>
      <p class="standing-record">
        <span aria-hidden="true">{recordText(division.record)}</span>
        <span class="unseen">{recordWords(division.record)}</span>
        <Form form={division.form} />
        <span>{division.wins === 1 ? '1 win that counts' : `${counted(division.wins, 'win')} that count`}</span>
      </p>
      {place === null ? (
        <p class="why">No bout of the last 24 months counts.</p>
      ) : (
        <div class="why">
          <h4>Why {ordinal(place)}?</h4>
          <ul>
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
            <li>{numberText(division.points)} points are the sum of the bouts below, each worth × share.</li>
          </ul>
        </div>
      )}
      <BoutList bouts={bouts} label={`Bouts in ${division.name}`} total={division.points} />
    </section>
  )
}

function useReasons(athleteId: string, divisionId: string, place: number | null): string[] {
  const isNear = place !== null && place <= rowsMax
  const { data, reload } = useAnswer<RankingsAnswer>(
    isNear ? `/rankings?division=${divisionId}&limit=${Math.min(rowsMax, place + 1)}` : undefined,
  )
  useChanges((changed) => {
    if (changed === null || changed.includes(divisionId)) reload()
  })
  return isNear && data !== undefined ? placeReasons(data.data, athleteId) : []
}
