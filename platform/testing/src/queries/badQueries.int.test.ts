import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemOf } from '../answer.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { Story } from '../ranking/story.ts'

let platform: Platform
let athleteId: string

beforeAll(async () => {
  platform = await openPlatform()
  const story = await Story.begin(platform)
  await story.bout('2026-01-01', "Siobhán O'Malley", 'Lü Xiu')
  athleteId = await story.idOf('Lü Xiu')
  await story.names()
})
afterAll(() => platform?.close())

test.each([
  ['/rankings?limit=0', 'limit'],
  ['/rankings?limit=101', 'limit'],
  ['/rankings?limit=', 'limit'],
  ['/rankings?limit=2.5', 'limit'],
  ['/rankings?limit=NaN', 'limit'],
  ['/rankings?limit=1&limit=2', 'limit'],
  ['/rankings?sex=both', 'sex'],
  ['/rankings?country=br', 'country'],
  ['/rankings?finishes=-1', 'finishes'],
  ['/rankings?finishes=1e9', 'finishes'],
  ['/rankings?active=yes', 'active'],
  ['/rankings?ranked=maybe', 'ranked'],
  ['/rankings?q=%00', 'q'],
  [`/rankings?q=${'x'.repeat(101)}`, 'q'],
  ['/rankings?q[]=a', ''],
  ['/rankings?page=2', ''],
  ['/rankings?after=soon', 'after'],
  ['/rankings?after=-1', 'after'],
  ['/rankings?after=1e300', 'after'],
  ['/divisions?after=1.5', 'after'],
  ['/divisions?sort=name', ''],
  ['/athletes/7', 'id'],
  ['/athletes/%00', 'id'],
])('GET %s is refused with the path at fault', async (url, path) => {
  const problem = problemOf(await platform.get(url), 400)
  expect(problem).toMatchObject({ code: 'VALIDATION_FAILED' })
  expect(problem.errors[0]!.path).toBe(path)
})

test('an athlete whom nobody knows, and a path that leads nowhere, are not found', async () => {
  expect(problemOf(await platform.get(`/athletes/${randomUUID()}`), 404).errors[0]!.path).toBe('id')
  problemOf(await platform.get('/nowhere'), 404)
  problemOf(await platform.get('/%E0%A4%A'), 400)
})

test.each(["'", '-', ' ', '().', "''", '‘’', '_', '"', '\u0301', ''])(
  'a search for %j alone is no search',
  async (q) => {
    const [searched, whole] = await Promise.all([
      platform.get(`/rankings?q=${encodeURIComponent(q)}`),
      platform.get('/rankings'),
    ])
    expect(searched.status).toBe(200)
    expect((searched.body as { data: unknown }).data).toEqual((whole.body as { data: unknown }).data)
  },
)

test.each(['%', '\\', '%%%', 'a%', "'; drop table x; --", '<->', '!', 'a & | b', ':*', '𝒜', '⚔️'])(
  'a search for %j finds nobody by mistake',
  async (q) => {
    const answer = await platform.get(`/rankings?q=${encodeURIComponent(q)}`)
    expect(answer.status, answer.text).toBe(200)
    if (!/[a-z]/.test(q)) expect((answer.body as { data: unknown[] }).data).toEqual([])
  },
)

describe('whatever the query string holds', () => {
  const name = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        'q',
        'division',
        'sex',
        'weightClass',
        'country',
        'finishes',
        'active',
        'ranked',
        'sort',
        'limit',
        'cursor',
      ),
    },
    { weight: 1, arbitrary: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'q[]')) },
  )
  const value = fc.oneof(
    fc.constantFrom(
      'true',
      '1',
      '25',
      '-points',
      'name,-wins',
      'any',
      'BR',
      'male',
      '٣',
      'İ',
      'ß',
      'ﬁ',
      '1e3',
      '0x10',
      'null',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ maxLength: 40 }),
  )
  const encoded = (text: string) => (text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80')
  const queryString = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .array(fc.tuple(name, value), { maxLength: 4 })
        .map((pairs) => pairs.map(([n, v]) => `${encoded(n)}=${encoded(v)}`).join('&')),
    },
    { weight: 1, arbitrary: fc.stringMatching(/^[!$%&'()*+,./0-9:;=?@A-Z[\]^_a-z{|}~-]{0,40}$/) },
  )
  const page = fc.constantFrom('/rankings', '/divisions', '/athletes/')

  test('it is answered, or refused with a problem document', async () => {
    await fc.assert(
      fc.asyncProperty(page, queryString, async (path, query) => {
        const answer = await platform.get(`${path}${path.endsWith('/') ? athleteId : ''}?${query}`)
        if (answer.status !== 200) problemOf(answer)
      }),
      { numRuns: 500 },
    )
  })
})
