import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemOf } from '../answer.ts'
import { type Card, newCard, newMatch } from '../card.ts'
import { type CommandSide, openCommandSide } from '../commandSide.ts'
import { lockRow, until } from '../waits.ts'
import { outboxAfter, written } from '../written.ts'

let command: CommandSide
let card: Card

beforeAll(async () => {
  command = await openCommandSide()
  card = await newCard(command)
})
afterAll(() => command?.close())

/** Runs the work under a fault of the database that only the owner can make. */
async function under<T>(fault: string, cure: string, work: () => Promise<T>): Promise<T> {
  await command.rows(fault)
  try {
    return await work()
  } finally {
    await command.rows(cure)
  }
}

describe('a change and its event', () => {
  test('are written together: without the event there is no change', async () => {
    const matchId = await newMatch(command, card)
    const role = new URL(command.urls.command).username
    const before = await written(command)
    const result = { matchId, winnerId: card.a }
    const answer = await under(
      `revoke insert on cornerman.outbox from ${role}`,
      `grant insert on cornerman.outbox to ${role}`,
      () => command.send('POST', '/matches/result', result, { 'idempotency-key': 'without-event' }),
    )
    expect(problemOf(answer, 500)).toMatchObject({ code: 'UNEXPECTED', errors: [] })
    expect(answer.text).not.toMatch(/permission|outbox|denied/)
    expect(await written(command)).toEqual(before)
    const again = await command.send('POST', '/matches/result', result, { 'idempotency-key': 'without-event' })
    expect(again.status).toBe(201)
  })

  test('are written together: without the change there is no event', async () => {
    const matchId = await newMatch(command, card)
    await command.done('/matches/result', { matchId, winnerId: card.a })
    const before = await written(command)
    const answer = await under(
      'alter table tournament.corrections add constraint no_corrections check (reason is not null) not valid',
      'alter table tournament.corrections drop constraint no_corrections',
      () => command.send('POST', `/matches/${matchId}/correction`, { kind: 'overturned' }),
    )
    problemOf(answer, 500)
    expect(await written(command)).toEqual(before)
  })

  test('are seen together: while the command waits nobody sees either', async () => {
    const matchId = await newMatch(command, card)
    const { position } = await command.done('/athletes', { name: 'Before them' })
    const lock = await lockRow(command.urls.ownerWrite, 'tournament.matches', matchId)
    const result = command.send('POST', '/matches/result', { matchId, winnerId: card.a })
    await lock.awaited()
    expect(await outboxAfter(command, position)).toEqual([])
    await lock.release()
    expect((await result).status).toBe(201)
    await until('the event is there', async () => (await outboxAfter(command, position)).length === 1)
  })
})

test('a command that waits for a lock too long is told as passing, and leaves nothing', async () => {
  const matchId = await newMatch(command, card)
  await command.done('/matches/result', { matchId, winnerId: card.a })
  const role = new URL(command.urls.command).username
  const before = await written(command)
  const lock = await lockRow(command.urls.ownerWrite, 'tournament.matches', matchId)
  try {
    const late = command.send('POST', `/matches/${matchId}/correction`, { kind: 'overturned' })
    await lock.awaited()
    await command.rows(
      `select pg_cancel_backend(pid) from pg_stat_activity where usename = $1 and wait_event_type = 'Lock'`,
      [role],
    )
    expect(problemOf(await late, 503).code).toBe('DATABASE_UNAVAILABLE')
  } finally {
    await lock.release()
  }
  expect(await written(command)).toEqual(before)
})
