import { randomUUID } from 'node:crypto'
import { purgeIdempotencyKeys } from '@platform/command-service/idempotency'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemOf } from '../answer.ts'
import { type Card, newCard, newMatch } from '../card.ts'
import { type CommandSide, openCommandSide } from '../commandSide.ts'
import { lockRow } from '../waits.ts'
import { outboxAfter, written } from '../written.ts'

let command: CommandSide
let card: Card

beforeAll(async () => {
  command = await openCommandSide()
  card = await newCard(command)
})
afterAll(() => command?.close())

const send = (key: string, url: string, body: unknown, on = command) =>
  on.send('POST', url, body, { 'idempotency-key': key })

describe('the same Idempotency-Key', () => {
  test('gives the stored answer, says so, and does nothing', async () => {
    const key = randomUUID()
    const body = { matchId: await newMatch(command, card), winnerId: card.a }
    const first = await send(key, '/matches/result', body)
    expect(first.status).toBe(201)
    expect(first.headers).not.toHaveProperty('idempotent-replayed')
    const before = await written(command)
    const again = await send(key, '/matches/result', body)
    expect(again).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } })
    expect(await written(command)).toEqual(before)
  })

  test('with another body, or at another address, is refused', async () => {
    const key = randomUUID()
    expect((await send(key, '/athletes', { name: 'Ana' })).status).toBe(201)
    const before = await written(command)
    for (const [url, body] of [
      ['/athletes', { name: 'Bia' }],
      ['/events', { name: 'Ana', date: '2026-01-01' }],
    ] as const)
      expect(problemOf(await send(key, url, body), 422).code).toBe('IDEMPOTENCY_KEY_REUSED')
    expect(await written(command)).toEqual(before)
  })

  test('while the first is still running is a conflict, and then gives its answer', async () => {
    const key = randomUUID()
    const matchId = await newMatch(command, card)
    const body = { matchId, winnerId: card.a }
    const lock = await lockRow(command.urls.ownerWrite, 'tournament.matches', matchId)
    const first = send(key, '/matches/result', body)
    await lock.awaited()
    expect(problemOf(await send(key, '/matches/result', body), 409).code).toBe('IDEMPOTENCY_KEY_IN_USE')
    await lock.release()
    const { body: answer } = await first
    expect(await send(key, '/matches/result', body)).toMatchObject({ status: 201, body: answer })
  })

  test('many times at once writes one athlete and one event', async () => {
    const key = randomUUID()
    const { position } = await command.done('/athletes', { name: 'Before them' })
    const answers = await Promise.all(Array.from({ length: 12 }, () => send(key, '/athletes', { name: 'Only one' })))
    for (const answer of answers)
      if (answer.status !== 201) expect(problemOf(answer, 409).code).toBe('IDEMPOTENCY_KEY_IN_USE')
    const accepted = answers.filter(({ status }) => status === 201)
    for (const { body } of accepted) expect(body).toEqual(accepted[0]!.body)
    expect(await outboxAfter(command, position)).toHaveLength(1)
  })

  test('is free after a refusal', async () => {
    const key = randomUUID()
    const matchId = await newMatch(command, card)
    const refused = await send(key, '/matches/result', { matchId, winnerId: randomUUID() })
    expect(problemOf(refused, 422).code).toBe('WINNER_DID_NOT_FIGHT')
    expect((await send(key, '/matches/result', { matchId, winnerId: card.b })).status).toBe(201)
  })

  test('is known to the next process', async () => {
    const key = randomUUID()
    const first = await send(key, '/athletes', { name: 'Ana' })
    const next = await openCommandSide(command.urls)
    try {
      expect(await send(key, '/athletes', { name: 'Ana' }, next)).toMatchObject({
        status: 201,
        body: first.body,
        headers: { 'idempotent-replayed': 'true' },
      })
    } finally {
      await next.close()
    }
  })

  test('is forgotten after a week', async () => {
    const [old, young] = [randomUUID(), randomUUID()]
    for (const key of [old, young]) await send(key, '/athletes', { name: 'Ana' })
    await command.rows(
      `update tournament.idempotency_keys set created_at = created_at - interval '8 days' where key = $1`,
      [old],
    )
    await purgeIdempotencyKeys(command.db)
    const again = await Promise.all([old, young].map((key) => send(key, '/athletes', { name: 'Ana' })))
    expect(again.map(({ headers }) => headers['idempotent-replayed'])).toEqual([undefined, 'true'])
  })
})

test.each(['', ' ', 'two words', 'ü', 'x'.repeat(256)])('a key that is none, %j, is refused', async (key) => {
  const before = await written(command)
  const problem = problemOf(await send(key, '/athletes', { name: 'Ana' }), 400)
  expect(problem.errors.map(({ path }) => path)).toEqual(['Idempotency-Key'])
  expect(await written(command)).toEqual(before)
})
