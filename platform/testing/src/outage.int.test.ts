import type { AnswerMeta } from '@platform/contracts'
import { type Postgres, startPostgres } from 'cornerman/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problemOf } from './answer.ts'
import { type Card, newCard, newMatch } from './card.ts'
import { openPlatform, type Platform } from './platform.ts'
import { until } from './waits.ts'

let postgres: Postgres
let platform: Platform
let card: Card

beforeAll(async () => {
  postgres = await startPostgres()
  platform = await openPlatform({ server: postgres.url() })
  card = await newCard(platform.command)
})
afterAll(async () => {
  await platform?.close()
  await postgres?.stop()
})

test('while the database is away both services say so, and both come back by themselves', async () => {
  const matchId = await newMatch(platform.command, card)
  await postgres.crash()

  const command = { matchId, winnerId: card.a }
  const headers = { 'idempotency-key': 'the-one-result' }
  const refused = problemOf(await platform.command.send('POST', '/matches/result', command, headers), 503)
  expect(refused).toMatchObject({ code: 'DATABASE_UNAVAILABLE', title: 'Unavailable', errors: [] })
  for (const url of ['/rankings', '/rankings?q=ana', '/divisions', `/athletes/${card.a}`])
    expect(problemOf(await platform.get(url), 503).code).toBe('DATABASE_UNAVAILABLE')
  for (const answer of [await platform.get('/readyz'), await platform.command.send('GET', '/readyz')])
    expect(problemOf(answer, 503).code).toBe('UNAVAILABLE')
  for (const answer of [await platform.get('/livez'), await platform.command.send('GET', '/livez')])
    expect(answer.status).toBe(200)
  expect((await platform.get('/freshness')).status).toBe(503)

  await postgres.restart()
  await until('commands are carried out', async () => (await platform.command.send('GET', '/readyz')).status === 200)
  await until('queries are answered', async () => (await platform.get('/readyz')).status === 200)
  const done = await platform.command.send('POST', '/matches/result', command, headers)
  expect(done.status, done.text).toBe(201)
  const { position } = done.body as { position: number }
  await until('the result is in the ranking', async () => {
    const answer = await platform.get(`/rankings?division=${card.divisionId}&after=${position}`)
    return (answer.body as { meta: AnswerMeta }).meta.after?.reached === true
  })
  const { data } = await platform.read<{ data: { points: number }[] }>(`/rankings?division=${card.divisionId}`)
  expect(data.map(({ points }) => points)).toEqual([100, 0])
  await until('it is fresh again', async () => (await platform.get('/freshness')).status === 200)
})
