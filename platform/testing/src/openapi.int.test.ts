import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPlatform, type Platform } from './platform.ts'

let platform: Platform
let documents: Record<'commands' | 'queries', OpenApi>

interface Media {
  schema: Record<string, unknown>
}

interface Operation {
  summary?: string
  parameters?: { name: string; in: string; required: boolean; schema: Record<string, unknown> }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { description: string; content?: Record<string, Media> }>
}

interface OpenApi {
  openapi: string
  info: { title: string; description: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}

beforeAll(async () => {
  platform = await openPlatform()
  const json = async (answer: Promise<{ body: unknown }>) => (await answer).body as OpenApi
  documents = {
    commands: await json(platform.command.send('GET', '/docs-json')),
    queries: await json(platform.get('/docs-json')),
  }
})
afterAll(() => platform?.close())

const operations = ({ paths }: OpenApi) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  )

test('both services have a page of documentation', async () => {
  for (const answer of [await platform.get('/docs'), await platform.command.send('GET', '/docs')]) {
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('swagger-ui')
  }
})

test('it lists all that can be asked, and nothing else', () => {
  expect(
    operations(documents.commands)
      .map(({ name }) => name)
      .sort(),
  ).toEqual([
    'PATCH /athletes/{id}',
    'PATCH /divisions/{id}',
    'POST /athletes',
    'POST /divisions',
    'POST /events',
    'POST /matches',
    'POST /matches/result',
    'POST /matches/{id}/correction',
    'POST /rankings/periods',
  ])
  expect(
    operations(documents.queries)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['GET /athletes/{id}', 'GET /divisions', 'GET /rankings', 'GET /rankings/stream'])
})

/** The schema that stands there, or that a reference leads to. */
function resolved(document: OpenApi, schema: Record<string, unknown> | undefined): Record<string, unknown> {
  const reference = /^#\/components\/schemas\/(.+)$/.exec(String(schema?.['$ref'] ?? ''))?.[1]
  return (reference === undefined ? schema : document.components.schemas[reference]) as Record<string, unknown>
}

const fieldsOf = (document: OpenApi, schema: Record<string, unknown> | undefined) =>
  Object.keys((resolved(document, schema)['properties'] ?? {}) as object)

describe.each(['commands', 'queries'] as const)('of each operation of the %s', (which) => {
  test('answers and problems have their schemas, and every reference leads somewhere', () => {
    const document = documents[which]
    expect(document.openapi).toMatch(/^3\./)
    for (const { name, operation } of operations(document)) {
      expect(operation.summary, name).toBeTruthy()
      if (name.endsWith('/stream')) continue
      const success = Object.entries(operation.responses).filter(([status]) => /^20\d$/.test(status))
      expect(success, name).toHaveLength(1)
      const fields = fieldsOf(document, success[0]![1].content?.['application/json']?.schema)
      expect(fields, name).toEqual(expect.arrayContaining(which === 'commands' ? ['ok', 'position'] : ['data', 'meta']))
      const problems = Object.entries(operation.responses).filter(([status]) => /^[45]/.test(status))
      expect(problems.length, name).toBeGreaterThan(1)
      for (const [status, { content }] of problems)
        expect(fieldsOf(document, content?.['application/problem+json']?.schema), `${name} ${status}`).toEqual(
          expect.arrayContaining(['type', 'title', 'status', 'code', 'detail', 'errors', 'traceId']),
        )
    }
    for (const [reference] of JSON.stringify(document).matchAll(/#\/components\/schemas\/[^"]+/g))
      expect(resolved(document, { $ref: reference }), reference).toBeDefined()
  })
})

test('commands say what their bodies hold, and take an Idempotency-Key', () => {
  const expected: Record<string, string[]> = {
    'POST /athletes': ['name', 'nickname', 'country'],
    'POST /divisions': ['slug', 'name', 'sex', 'weightClass', 'limitLbs', 'ranked', 'order'],
    'POST /events': ['name', 'date', 'location'],
    'POST /matches': ['eventId', 'divisionId', 'athleteIds', 'title', 'cardOrder'],
    'POST /matches/result': ['matchId', 'winnerId', 'outcome', 'method', 'round', 'time', 'completedAt'],
    'POST /matches/{id}/correction': ['kind', 'winnerId', 'reason'],
    'POST /rankings/periods': ['rankingDate'],
    'PATCH /athletes/{id}': ['name', 'nickname', 'country'],
    'PATCH /divisions/{id}': ['name'],
  }
  for (const { name, operation } of operations(documents.commands)) {
    expect(fieldsOf(documents.commands, operation.requestBody?.content['application/json']?.schema), name).toEqual(
      expected[name],
    )
    expect(
      operation.parameters?.map((each) => each.name.toLowerCase()),
      name,
    ).toContain('idempotency-key')
  }
})

test('the rankings say what can be asked of them', () => {
  const { parameters } = documents.queries.paths['/rankings']!['get']!
  const named = parameters!.filter((each) => each.in === 'query')
  expect(named.map(({ name }) => name).sort()).toEqual(
    [
      'active',
      'after',
      'country',
      'cursor',
      'division',
      'finishes',
      'limit',
      'q',
      'ranked',
      'sex',
      'sort',
      'weightClass',
    ].sort(),
  )
  expect(named.every(({ required }) => !required)).toBe(true)
  expect(named.find(({ name }) => name === 'sex')!.schema).toMatchObject({ enum: ['male', 'female'] })
})
