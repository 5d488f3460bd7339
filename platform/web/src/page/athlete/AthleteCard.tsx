import type { AthleteAnswer } from '@platform/contracts'
import { useEffect } from 'preact/hooks'
import { useNavigation } from '../address/navigation.ts'
import { useChanges } from '../api/live.ts'
import { useAnswer } from '../api/useAnswer.ts'
import type { Division } from '../divisions/DivisionTabs.tsx'
import { Flag } from '../rankings/Flag.tsx'
import { Form } from '../rankings/Form.tsx'
import { countryName, recordWords } from '../rankings/words.ts'
import { BoutList } from './BoutList.tsx'
import { Dialog } from './Dialog.tsx'
import { Standing } from './Standing.tsx'

/** An athlete's card, over the list: record, form, places, and the points explained bout by bout. */
export function AthleteCard({ id, divisions }: { id: string; divisions: readonly Division[] }) {
  const { closeAthlete } = useNavigation()
  const { data, error, reload } = useAnswer<AthleteAnswer>(`/athletes/${id}`)
  const athlete = data?.data

  useChanges((changed, meta) => {
    const isTouched =
      athlete === undefined || changed === null || athlete.divisions.some((each) => changed.includes(each.id))
    // The card is another read model than the list: it has to have come as far.
    if (isTouched) reload(meta === undefined ? '' : `?after=${meta.position}`)
  })

  useEffect(() => {
    const before = document.title
    if (athlete !== undefined) document.title = `${athlete.name} · Cornerman rankings`
    return () => {
      document.title = before
    }
  }, [athlete?.name])

  return (
    <Dialog
      labelledBy="card-name"
      onClose={closeAthlete}
      focusAfterwards={() => rowOf(id) ?? document.getElementById('rankings')}
    >
      {athlete === undefined ? (
        <div class="card-wait">
          <h2 id="card-name">{error === undefined ? 'Athlete' : 'No card'}</h2>
          <p role="status">
            {error === undefined
              ? 'Loading …'
              : error.status === 404
                ? 'There is no such athlete.'
                : 'The athlete cannot be read now. This page keeps trying by itself.'}
          </p>
        </div>
      ) : (
        <Content athlete={athlete} divisions={divisions} />
      )}
    </Dialog>
  )
}

function Content({ athlete, divisions }: { athlete: AthleteAnswer['data']; divisions: readonly Division[] }) {
  const { name, nickname, country, synthetic, record, form } = athlete
  const ranked = new Set(athlete.divisions.map((division) => division.name))
  const others = athlete.bouts.filter((bout) => !ranked.has(bout.division))
  return (
    <>
      <header class="card-head">
        {country === null ? null : <Flag country={country} />}
        <div>
          <h2 id="card-name">{name}</h2>
          <p class="details">
            {nickname === null ? null : <span>“{nickname}”</span>}
            {country === null ? null : <span>{countryName(country)}</span>}
            {synthetic ? <span class="made-up">made up</span> : null}
          </p>
        </div>
      </header>
      <dl class="tally" aria-label={`Career: ${recordWords(record)}`}>
        <Tally name="Wins" value={record.wins} />
        <Tally name="Losses" value={record.losses} />
        <Tally name="Draws" value={record.draws} />
        <Tally name="No contests" value={record.noContests} />
        <div class="tally-form">
          <dt>Form</dt>
          <dd>
            <Form form={form} />
          </dd>
        </div>
      </dl>
      {athlete.divisions.map((division) => (
        <Standing
          key={division.id}
          athlete={athlete}
          division={division}
          isKnown={divisions.some(({ id }) => id === division.id)}
        />
      ))}
      {others.length === 0 ? null : (
        <section class="standing">
          <h3>Outside the rankings</h3>
          <p class="why">On the record, in no ranked division: no points.</p>
          <BoutList bouts={others} label="Bouts outside the rankings" />
        </section>
      )}
      {athlete.bouts.length === 0 ? <p class="why">No bout yet.</p> : null}
    </>
  )
}

function Tally({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

/** Whoever came by a link to the card has focused nothing that is still there. */
const rowOf = (id: string) => document.querySelector<HTMLElement>(`a.name[href*="${CSS.escape(id)}"]`)
