import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, problemOf } from '../answer.ts'
import { type Card, newCard, newMatch } from '../card.ts'
import { type CommandSide, type Method, openCommandSide } from '../commandSide.ts'
import { written } from '../written.ts'

let command: CommandSide
let card: Card
let matchId: string
let before: Record<string, string>

beforeAll(async () => {
  command = await openCommandSide()
  card = await newCard(command)
  matchId = await newMatch(command, card)
})
beforeEach(async () => {
  before = await written(command)
})
afterAll(() => command?.close())

/** A refusal with its status, code and the paths at fault, after which everything is as it was. */
async function expectRefused(answer: Answer, status: number, code: string, ...paths: string[]): Promise<void> {
  const problem = problemOf(answer, status)
  expect(problem.code).toBe(code)
  expect(problem.errors.map((each) => each.path)).toEqual(paths)
  for (const { message } of problem.errors) expect(message).not.toBe('')
  expect(await written(command)).toEqual(before)
}

const post = (url: string, body: unknown) => command.send('POST', url, body)
const result = (more: object) => post('/matches/result', { matchId, winnerId: card.a, ...more })

describe('a value that is not what it should be', () => {
  test.each([
    ['/athletes', { name: 7 }, ['name']],
    ['/athletes', { name: '   ' }, ['name']],
    ['/athletes', { name: 'x'.repeat(201) }, ['name']],
    ['/athletes', { name: 'Ana', country: 'br' }, ['country']],
    ['/athletes', { name: 'Ana', admin: true }, ['']],
    ['/athletes', ['Ana'], ['']],
    ['/athletes', null, ['']],
    ['/divisions', { slug: 'No Slug', name: 'x', sex: 'both', weightClass: '' }, ['slug', 'sex', 'weightClass']],
    ['/divisions', { slug: 'a', name: 'x', sex: 'male', weightClass: 'x', limitLbs: 1e300 }, ['limitLbs']],
    ['/divisions', { slug: 'a', name: 'x', sex: 'male', weightClass: 'x', limitLbs: 155.55 }, ['limitLbs']],
    ['/divisions', { slug: 'a', name: 'x', sex: 'male', weightClass: 'x', order: 1e6 }, ['order']],
    ['/events', { name: 'Night', date: '2026-02-30' }, ['date']],
    ['/events', { name: 'Night', date: '0000-01-01' }, ['date']],
    ['/events', { name: 'Night', date: '12026-01-01' }, ['date']],
    ['/events', { name: 'Night', date: 20_260_101 }, ['date']],
    ['/rankings/periods', { rankingDate: '2025-02-29' }, ['rankingDate']],
    ['/rankings/periods', { rankingDate: '0000-12-31' }, ['rankingDate']],
    ['/rankings/periods', {}, ['rankingDate']],
  ] as const)('in POST %s %j is told with its path', async (url, body, paths) => {
    await expectRefused(await post(url, body), 400, 'VALIDATION_FAILED', ...paths)
  })

  test.each([
    [{ matchId: 'no uuid' }, ['matchId']],
    [{ winnerId: undefined }, ['winnerId']],
    [{ winnerId: 5, round: 'one', time: '4:61' }, ['winnerId', 'round', 'time']],
    [{ round: 1e9 }, ['round']],
    [{ round: 1.5 }, ['round']],
    [{ method: 'magic' }, ['method']],
    [{ outcome: 'overturned' }, ['outcome']],
    [{ completedAt: '2026-13-01T00:00:00Z' }, ['completedAt']],
    [{ completedAt: '2026-02-30T00:00:00Z' }, ['completedAt']],
    [{ completedAt: '0000-01-01T00:00:00Z' }, ['completedAt']],
    [{ completedAt: '0001-01-01T00:00:00+14:00' }, ['completedAt']],
    [{ completedAt: '9999-12-31T23:59:59-14:00' }, ['completedAt']],
    [{ completedAt: '2026-06-06' }, ['completedAt']],
  ])('in a result, %j, is told with its path', async (more, paths) => {
    await expectRefused(await result(more), 400, 'VALIDATION_FAILED', ...paths)
  })

  test.each(['Ana\0Lima', 'Ana\nLima', 'Ana \ud800', '\udfff', 'Ana\u007f'])(
    'is a name that no database or page can hold: %j',
    async (name) => {
      await expectRefused(await post('/athletes', { name }), 400, 'VALIDATION_FAILED', 'name')
    },
  )
})

describe('a command that contradicts what is known', () => {
  test('names who does not exist', async () => {
    const nobody = randomUUID()
    await expectRefused(await result({ matchId: nobody }), 404, 'NOT_FOUND', 'matchId')
    const change = { name: 'Ana' }
    await expectRefused(await command.send('PATCH', `/athletes/${nobody}`, change), 404, 'NOT_FOUND', 'id')
    await expectRefused(await command.send('PATCH', `/divisions/${nobody}`, change), 404, 'NOT_FOUND', 'id')
    const correction = { kind: 'overturned' }
    await expectRefused(await post(`/matches/${nobody}/correction`, correction), 404, 'NOT_FOUND', 'id')
    await expectRefused(await post('/matches/7/correction', correction), 400, 'VALIDATION_FAILED', 'id')
    const match = { eventId: card.eventId, divisionId: card.divisionId, athleteIds: [card.a, card.b] }
    for (const [more, path] of [
      [{ eventId: nobody }, 'eventId'],
      [{ divisionId: nobody }, 'divisionId'],
      [{ athleteIds: [card.a, nobody] }, 'athleteIds'],
    ] as const)
      await expectRefused(await post('/matches', { ...match, ...more }), 422, 'UNKNOWN_REFERENCE', path)
  })

  test('names a winner who did not fight, and one where nobody can win', async () => {
    await expectRefused(await result({ winnerId: randomUUID() }), 422, 'WINNER_DID_NOT_FIGHT', 'winnerId')
    await expectRefused(await result({ outcome: 'draw' }), 422, 'WINNER_CONTRADICTS_OUTCOME', 'winnerId')
    await expectRefused(await result({ winnerId: null, outcome: 'win' }), 422, 'WINNER_CONTRADICTS_OUTCOME', 'winnerId')
  })

  test('refuses a bout against oneself, however the id is written', async () => {
    const match = { eventId: card.eventId, divisionId: card.divisionId }
    for (const athleteIds of [
      [card.a, card.a],
      [card.a, card.a.toUpperCase()],
    ])
      await expectRefused(await post('/matches', { ...match, athleteIds }), 400, 'VALIDATION_FAILED', 'athleteIds')
  })

  test('refuses a division that exists and a change that changes nothing', async () => {
    const slug = 'division-1'
    const division = { slug, name: 'Again', sex: 'male', weightClass: 'x' }
    await expectRefused(await post('/divisions', division), 409, 'DIVISION_EXISTS')
    await expectRefused(await command.send('PATCH', `/athletes/${card.b}`, { country: 'BR' }), 409, 'NOTHING_CHANGES')
    await expectRefused(await command.send('PATCH', `/athletes/${card.b}`, {}), 400, 'VALIDATION_FAILED', '')
  })
})

describe('a body that is no command at all', () => {
  const athlete = JSON.stringify({ name: 'Ana' })

  test.each([
    ['broken JSON', '{"name": "Ana"', 400, 'MALFORMED'],
    ['no JSON', 'name=Ana', 400, 'MALFORMED'],
    ['nothing', '', 400, 'MALFORMED'],
    ['a __proto__ key', '{"name": "Ana", "__proto__": {"admin": true}}', 400, 'MALFORMED'],
    ['a constructor key', '{"name": "Ana", "constructor": {"prototype": {"admin": true}}}', 400, 'MALFORMED'],
    ['1 MB', JSON.stringify({ name: 'x'.repeat(1 << 20) }), 413, 'BODY_TOO_LARGE'],
    ['a thousand brackets', '['.repeat(30_000), 400, 'MALFORMED'],
  ])('is refused: %s', async (_, body, status, code) => {
    await expectRefused(await command.sendRaw('/athletes', body), status, code)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'multipart/form-data', undefined])(
    'is refused as %s, which a foreign page can send',
    async (type) => {
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      await expectRefused(await command.sendRaw('/athletes', athlete, headers), 415, 'MEDIA_TYPE')
    },
  )

  test('is refused as JSON in another encoding than UTF-8', async () => {
    const latin = Buffer.from('{"name": "\xe9"}', 'latin1')
    await expectRefused(await command.sendRaw('/athletes', latin), 400, 'VALIDATION_FAILED', 'name')
  })
})

describe('a place where there is nothing', () => {
  test.each([
    ['GET', '/nowhere'],
    ['GET', '/matches/result'],
    ['PUT', '/athletes'],
    ['DELETE', '/athletes/1'],
    ['POST', '/matches/%00/correction'],
    ['POST', '/matches/%E0%A4%A/correction'],
  ] as const)('is told: %s %s', async (method: Method, url) => {
    problemOf(await command.send(method, url, method === 'GET' ? undefined : { kind: 'overturned' }))
    expect(await written(command)).toEqual(before)
  })

  test('is told with the trace of the caller', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c'
    const traceparent = `00-${trace}-b7ad6b7169203331-01`
    expect(problemOf(await command.send('GET', '/nowhere', undefined, { traceparent })).traceId).toBe(trace)
  })
})
