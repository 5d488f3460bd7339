import { matchCompleted, matchResultCorrected } from '@platform/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemOf } from '../answer.ts'
import { type Card, newCard, newMatch } from '../card.ts'
import { type CommandSide, openCommandSide } from '../commandSide.ts'
import { lockRow } from '../waits.ts'
import { outboxAfter, type OutboxRow, written } from '../written.ts'

let command: CommandSide
let card: Card

beforeAll(async () => {
  command = await openCommandSide()
  card = await newCard(command)
})
afterAll(() => command?.close())

/** The only event that stands at this position or after it. */
async function eventAt(position: number): Promise<OutboxRow> {
  const rows = await outboxAfter(command, position - 1)
  expect(rows).toHaveLength(1)
  return rows[0]!
}

describe('POST /matches/result', () => {
  test('answers ok and the position of its event, and the event says what has happened', async () => {
    const matchId = await newMatch(command, card, { title: 'undisputed' })
    const answer = await command.send('POST', '/matches/result', {
      matchId,
      winnerId: card.a,
      method: 'submission',
      round: 2,
      time: '3:41',
      completedAt: '2026-06-06T23:10:00+02:00',
    })
    expect(answer).toMatchObject({ status: 201, type: expect.stringContaining('application/json') })
    const { position } = answer.body as { position: number }
    expect(answer.body).toEqual({ ok: true, position })
    const event = await eventAt(position)
    expect(event).toMatchObject({ position, type: 'MatchCompleted', aggregatetype: 'match', aggregateid: matchId })
    expect(event.payload).toEqual({
      type: 'MatchCompleted',
      matchId,
      winnerId: card.a,
      athleteIds: [card.a, card.b],
      divisionId: card.divisionId,
      title: 'undisputed',
      occurredAt: '2026-06-06T21:10:00.000Z',
    })
    expect(matchCompleted.parse(event.payload)).toEqual(event.payload)
  })

  test('without a winner is a draw, or a no contest if it says so', async () => {
    for (const [outcome, expected] of [
      [undefined, 'draw'],
      ['draw', 'draw'],
      ['no_contest', 'no_contest'],
    ]) {
      const matchId = await newMatch(command, card)
      const { position } = await command.done('/matches/result', { matchId, winnerId: null, outcome })
      expect(await rowOf(matchId)).toMatchObject({ outcome: expected, winner_id: null })
      expect((await eventAt(position)).payload).toMatchObject({ type: 'MatchCompleted', winnerId: null })
    }
  })

  test('takes an id in capital letters for what it is', async () => {
    const matchId = await newMatch(command, card)
    const { position } = await command.done('/matches/result', {
      matchId: matchId.toUpperCase(),
      winnerId: card.b.toUpperCase(),
    })
    expect((await eventAt(position)).payload).toMatchObject({ matchId, winnerId: card.b })
  })

  test('twice is a conflict that names the way to correct it', async () => {
    const matchId = await newMatch(command, card)
    await command.done('/matches/result', { matchId, winnerId: card.a })
    const before = await written(command)
    const again = problemOf(await command.send('POST', '/matches/result', { matchId, winnerId: card.a }), 409)
    expect(again).toMatchObject({ code: 'RESULT_EXISTS', detail: expect.stringContaining('/correction') })
    expect(await written(command)).toEqual(before)
  })

  test('many times at once is done exactly once', async () => {
    const matchId = await newMatch(command, card)
    const { position } = await command.done('/athletes', { name: 'Before them' })
    // All have seen the match without a result when the first one is let through.
    const lock = await lockRow(command.urls.ownerWrite, 'tournament.matches', matchId)
    const commands = Array.from({ length: 20 }, (_, i) =>
      command.send('POST', '/matches/result', { matchId, winnerId: i % 2 === 0 ? card.a : card.b }),
    )
    await lock.awaited(8)
    await lock.release()
    const answers = await Promise.all(commands)
    const [accepted, refused] = [true, false].map((is) => answers.filter(({ status }) => (status === 201) === is))
    expect(accepted).toHaveLength(1)
    for (const answer of refused!) expect(problemOf(answer, 409).code).toBe('RESULT_EXISTS')
    const events = await outboxAfter(command, position)
    expect(events).toHaveLength(1)
    expect(events[0]!.payload).toMatchObject({ winnerId: (await rowOf(matchId)).winner_id })
  })
})

describe("the article's projector", () => {
  interface MatchCompletedEvent {
    type: string
    matchId: string
    winnerId: string | null
    divisionId: string
    occurredAt: string
  }

  /** `onMatchEvent` as the article prints it, with its two services beside it. */
  class RankingsProjector {
    readonly indexed: { index: string; id: string; document: object; refresh: string }[] = []
    readonly rankings = {
      recompute: (divisionId: string) => Promise.resolve({ athleteId: card.a, divisionId }),
    }
    readonly es = {
      index: (request: RankingsProjector['indexed'][number]) => Promise.resolve(void this.indexed.push(request)),
    }

    async onMatchEvent(event: MatchCompletedEvent) {
      if (event.type !== 'MatchCompleted') return
      const ranking = await this.rankings.recompute(event.divisionId)
      await this.es.index({
        index: `rankings-${event.divisionId}`,
        id: ranking.athleteId,
        document: ranking,
        refresh: 'wait_for',
      })
    }
  }

  test('understands our events as they are stored', async () => {
    const matchId = await newMatch(command, card)
    const { position } = await command.done('/matches/result', { matchId, winnerId: card.a })
    const stored = await command.rows<{ payload: string }>(
      'select payload::text as payload from cornerman.outbox where position = $1',
      [position],
    )
    const projector = new RankingsProjector()
    await projector.onMatchEvent(JSON.parse(stored[0]!.payload) as MatchCompletedEvent)
    expect(projector.indexed).toEqual([
      {
        index: `rankings-${card.divisionId}`,
        id: card.a,
        document: { athleteId: card.a, divisionId: card.divisionId },
        refresh: 'wait_for',
      },
    ])
  })
})

describe('POST /matches/:id/correction', () => {
  test.each([
    ['overturned', {}, { outcome: 'overturned', winner_id: null }],
    ['no_contest', {}, { outcome: 'no_contest', winner_id: null }],
    ['winner_changed', { winnerId: 'b' }, { outcome: 'win', winner_id: 'b' }],
  ] as const)('%s changes the result, keeps what it was, and says so', async (kind, more, expected) => {
    const matchId = await newMatch(command, card, { title: 'interim' })
    await command.done('/matches/result', { matchId, winnerId: card.a, method: 'ko_tko' })
    const winnerId = expected.winner_id === null ? null : card.b
    const body = { kind, reason: 'failed test', ...('winnerId' in more ? { winnerId: card.b } : {}) }
    const answer = await command.done(`/matches/${matchId}/correction`, body)
    expect(answer).toEqual({ ok: true, position: answer.position })
    expect(await rowOf(matchId)).toMatchObject({ ...expected, winner_id: winnerId })
    const event = await eventAt(answer.position)
    expect(event.payload).toMatchObject({
      type: 'MatchResultCorrected',
      matchId,
      divisionId: card.divisionId,
      athleteIds: [card.a, card.b],
      title: 'interim',
      winnerId,
      correction: kind,
    })
    expect(matchResultCorrected.parse(event.payload)).toEqual(event.payload)
    expect(
      await command.rows(
        'select kind, previous_outcome, previous_winner_id, winner_id, reason from tournament.corrections where match_id = $1',
        [matchId],
      ),
    ).toEqual([
      { kind, previous_outcome: 'win', previous_winner_id: card.a, winner_id: winnerId, reason: 'failed test' },
    ])
  })

  test('of nothing, to nothing new, or to a stranger is refused', async () => {
    const matchId = await newMatch(command, card)
    const correct = (body: object) => command.send('POST', `/matches/${matchId}/correction`, body)
    expect(problemOf(await correct({ kind: 'overturned' }), 409).code).toBe('NO_RESULT')
    await command.done('/matches/result', { matchId, winnerId: card.a })
    const before = await written(command)
    const stranger = (await newCard(command)).a
    const after = await written(command)
    expect(after).not.toEqual(before)
    for (const [body, status, code, path] of [
      [{ kind: 'winner_changed', winnerId: card.a }, 409, 'NOTHING_CHANGES', undefined],
      [{ kind: 'winner_changed', winnerId: stranger }, 422, 'WINNER_DID_NOT_FIGHT', 'winnerId'],
      [{ kind: 'winner_changed' }, 422, 'WINNER_MISSING', 'winnerId'],
      [{ kind: 'overturned', winnerId: card.b }, 422, 'WINNER_CONTRADICTS_OUTCOME', 'winnerId'],
      [{ kind: 'forgotten' }, 400, 'VALIDATION_FAILED', 'kind'],
    ] as const) {
      const problem = problemOf(await correct(body), status)
      expect(problem.code).toBe(code)
      expect(problem.errors.map((each) => each.path)).toEqual(path === undefined ? [] : [path])
    }
    expect(await written(command)).toEqual(after)
  })
})

async function rowOf(matchId: string): Promise<{ outcome: string; winner_id: string | null }> {
  const rows = await command.rows<{ outcome: string; winner_id: string | null }>(
    'select outcome, winner_id from tournament.matches where id = $1',
    [matchId],
  )
  return rows[0]!
}
