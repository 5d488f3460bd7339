import config from '@platform/projections'
import { assertKeysAreNamed } from 'cornerman/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newCard } from '../card.ts'
import { type CommandSide, type Done, type Method, openCommandSide } from '../commandSide.ts'

let command: CommandSide

beforeAll(async () => {
  command = await openCommandSide()
})
afterAll(() => command?.close())

/** Fails when a document of any projection has changed whose key no event of the command names. */
const named = (url: string, body: object, method?: Method, projections = config.projections): Promise<Done> =>
  assertKeysAreNamed({ url: command.urls.ownerWrite, projections }, () => command.done(url, body, method))

interface Division {
  id: string
  /** A bout that is put on a card and has its result at once; its id. */
  bout(a: string, b: string, more?: object): Promise<string>
  scheduled(a: string, b: string, more?: object): Promise<string>
}

let day = 0

async function newDivision(): Promise<Division> {
  const { divisionId: id } = await newCard(command)
  const scheduled: Division['scheduled'] = async (a, b, more = {}) => {
    const date = new Date(Date.UTC(2026, 0, ++day)).toISOString().slice(0, 10)
    const { id: eventId } = await named('/events', { name: `Night ${day}`, date })
    return (await named('/matches', { eventId, divisionId: id, athleteIds: [a, b], ...more })).id
  }
  const bout: Division['bout'] = async (a, b, more) => {
    const matchId = await scheduled(a, b, more)
    await named('/matches/result', { matchId, winnerId: a })
    return matchId
  }
  return { id, bout, scheduled }
}

async function people(count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) ids.push((await named('/athletes', { name: `Athlete ${ids.length}` })).id)
  return ids
}

describe('every document that a command changes is named by its events', () => {
  test('when an athlete gets another name, nickname or country', async () => {
    const { bout } = await newDivision()
    const [a, b, c] = (await people(3)) as [string, string, string]
    await bout(a, b)
    await bout(c, a)
    await named(`/athletes/${a}`, { name: 'Żaneta' }, 'PATCH')
    await named(`/athletes/${a}`, { country: 'PL' }, 'PATCH')
    await named(`/athletes/${a}`, { name: 'Łucja', nickname: 'The Librarian' }, 'PATCH')
  })

  test('when a division gets another name', async () => {
    const { id, bout } = await newDivision()
    const [a, b] = (await people(2)) as [string, string]
    await bout(a, b)
    await named(`/divisions/${id}`, { name: 'Another' }, 'PATCH')
    await named('/divisions', { slug: 'one-more', name: 'One more', sex: 'male', weightClass: 'x', order: 1 })
  })

  test('when the champion loses the title in a bout, to a stranger, and by corrections', async () => {
    const { bout, scheduled } = await newDivision()
    const [a, b, c, d] = (await people(4)) as [string, string, string, string]
    const late = await scheduled(d, b, { title: 'undisputed' })
    const title = await bout(a, b, { title: 'undisputed' })
    const next = await bout(c, b, { title: 'undisputed' })
    await bout(d, a, { title: 'interim' })
    for (const kind of ['overturned', 'no_contest']) await named(`/matches/${next}/correction`, { kind })
    await named(`/matches/${next}/correction`, { kind: 'winner_changed', winnerId: b })
    await named(`/matches/${next}/correction`, { kind: 'winner_changed', winnerId: c })
    await named(`/matches/${title}/correction`, { kind: 'overturned' })
    await named(`/matches/${next}/correction`, { kind: 'overturned' })
    await named(`/matches/${title}/correction`, { kind: 'winner_changed', winnerId: b })
    await named('/matches/result', { matchId: late, winnerId: d })
    await named(`/matches/${title}/correction`, { kind: 'no_contest' })
    await named(`/matches/${late}/correction`, { kind: 'no_contest' })
  })

  test('when two title bouts of one day have the same place on their cards', async () => {
    const { id: divisionId } = await newDivision()
    const [a, b, c, d, e, f] = (await people(6)) as [string, string, string, string, string, string]
    const matches: string[] = []
    for (const athleteIds of [
      [a, b],
      [c, d],
      [e, f],
    ]) {
      const { id: eventId } = await named('/events', { name: 'One of three', date: '2026-05-05' })
      matches.push((await named('/matches', { eventId, divisionId, athleteIds, title: 'undisputed' })).id)
    }
    for (const matchId of matches.toSorted())
      await named('/matches/result', { matchId, winnerId: [a, c, e][matches.indexOf(matchId)] })
    for (const matchId of matches.toSorted()) await named(`/matches/${matchId}/correction`, { kind: 'overturned' })
  })

  test('when a new ranking period begins', async () => {
    const { bout } = await newDivision()
    const [a, b] = (await people(2)) as [string, string]
    await bout(a, b)
    await named('/rankings/periods', { rankingDate: '2026-12-31' })
    await named('/rankings/periods', { rankingDate: '2028-12-31' })
    await named('/rankings/periods', { rankingDate: '2026-06-01' })
  })
})

test('a projection that does not hear of the event is found out', async () => {
  const deaf = config.projections.map((projection) => ({
    ...projection,
    mappings: new Map([...projection.mappings].filter(([type]) => type !== 'AthleteRenamed')),
  }))
  const [a] = await people(1)
  await expect(named(`/athletes/${a}`, { name: 'Unheard' }, 'PATCH', deaf)).rejects.toThrow(
    /athletes.*name .* → .*Unheard/s,
  )
})
