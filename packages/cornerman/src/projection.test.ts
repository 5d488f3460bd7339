import { describe, expect, test } from 'vitest'
import { CornermanError } from './errors.ts'
import { defineProjection, definitionHash, type ProjectionOptions, titleOf } from './projection.ts'
import { postgres } from './readStores/postgres/index.ts'
import { rawSql, sql } from './sql.ts'

interface MatchCompleted {
  type: 'MatchCompleted'
  divisionId: string
  athleteIds: string[]
}
interface AthleteRenamed {
  type: 'AthleteRenamed'
  athleteId: string
}
type Event = MatchCompleted | AthleteRenamed

const sound: ProjectionOptions<Event> = {
  name: 'rankings',
  version: 2,
  key: { division_id: 'uuid', athlete_id: 'uuid' },
  on: {
    MatchCompleted: (e) => e.athleteIds.map((id) => [e.divisionId, id]),
    AthleteRenamed: sql`select division_id, athlete_id from entries where athlete_id = ${(e) => e.athleteId}`,
  },
  keys: sql`select division_id, athlete_id from entries`,
  document: sql`select division_id, athlete_id, jsonb_build_object('points', 1) as document from keys`,
  store: postgres({ columns: { points: 'integer' } }),
  freshness: { sla: '30s' },
}

const define = (change: Record<string, unknown>) =>
  defineProjection({ ...sound, ...change } as ProjectionOptions<Event>)

function errorOf(work: () => unknown): CornermanError {
  try {
    work()
  } catch (error) {
    if (error instanceof CornermanError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** `where: message` and the hint of each problem in the error. */
function problemsIn(error: CornermanError): [line: string, hint: string | undefined][] {
  const [, ...items] = error.message.split('\n  - ')
  return items.map((item) => {
    const [line, hint] = item.split('\n    Try: ')
    return [line!, hint]
  })
}

describe('a sound definition', () => {
  test('becomes a projection', () => {
    const projection = defineProjection(sound)
    expect(titleOf(projection)).toBe('rankings v2')
    expect(projection.keyColumns).toEqual(['division_id', 'athlete_id'])
    expect([...projection.mappings.keys()]).toEqual(['MatchCompleted', 'AthleteRenamed'])
    expect(projection.slaMs).toBe(30_000)
    expect(projection.stores).toHaveLength(1)
  })

  test('may have several mappings for one event and several stores', () => {
    const second = sql`select division_id, athlete_id from entries`
    const projection = define({
      on: { MatchCompleted: [sound.on.MatchCompleted, second] },
      store: [postgres(), postgres()],
    })
    expect(projection.mappings.get('MatchCompleted')!.map(({ index }) => index)).toEqual([0, 1])
    expect(projection.stores).toHaveLength(2)
  })

  test('lets each mapping see its own event', () => {
    const mappings: ProjectionOptions<Event>['on'] = {
      MatchCompleted: (e) => [[e.divisionId, e.athleteIds[0]]],
      AthleteRenamed: [
        // @ts-expect-error: AthleteRenamed has no division
        (e) => [[e.divisionId, e.athleteId]],
        // @ts-expect-error: nor has its query
        sql`select 1 where a = ${(e) => e.divisionId}`,
        sql`select 1 where a = ${(e) => e.athleteId}`,
      ],
      // @ts-expect-error: there is no such event
      MatchComplete: () => [],
    }
    expect(Object.keys(mappings)).toHaveLength(3)
  })

  test('sees any field where no event types are given', () => {
    const projection = defineProjection({
      name: 'orders',
      version: 1,
      key: { id: 'uuid' },
      on: {
        OrderPlaced: (e) => [[e['orderId']]],
        OrderMoved: sql`select id from orders where lot = ${(e) => e['lot']}`,
      },
      keys: sql`select id from orders`,
      document: sql`select id, '{}'::jsonb as document from keys`,
      store: postgres(),
      freshness: { sla: '1m' },
    })
    expect(projection.mappings.size).toBe(2)
  })
})

describe('a definition with faults', () => {
  test('is refused with all of them at once, each with its place and its cure', () => {
    const error = errorOf(() =>
      define({
        name: 'Rankings',
        version: 0,
        key: { DivisionId: 'uuid', athlete_id: 'uuid; drop' },
        on: { MatchCompleted: 'all', AthleteRenamed: [] },
        keys: 'select 1',
        document: sql`select ${() => 1}, ${undefined as never}`,
        store: [{}, postgres({ columns: { athlete_id: 'uuid' } })],
        freshness: { sla: 'soon' },
        versoin: 3,
      }),
    )
    expect(error.code).toBe('PROJECTION_INVALID')
    const problems = problemsIn(error)
    expect(problems.map(([line]) => line)).toEqual([
      'Rankings: expected name to be lower case letters, digits and underscores, at most 40, a letter first, got: "Rankings"',
      'Rankings: expected version to be a positive integer, got: 0',
      'Rankings: expected key.DivisionId to be a column name in lower case',
      'Rankings: expected key.athlete_id to be the name of a PostgreSQL type, got: "uuid; drop"',
      'Rankings: expected on.MatchCompleted to be a function of the event or an sql`…` query, got: "all"',
      'Rankings: expected on.AthleteRenamed to have at least one mapping, got: []',
      'Rankings: expected keys to be an sql`…` query, got: "select 1"',
      'Rankings: expected store.0 to be a store, as postgres({ … }) returns it, got: {}',
      'Rankings: expected freshness.sla to be a duration such as 30s or 5m, got: "soon"',
      'Rankings: unknown option versoin',
      'Rankings, document: the value after …, is undefined',
      'Rankings, document: a function of the event is not possible here',
      'Rankings, store postgres: the column athlete_id exists already',
    ])
    expect(problems.filter(([, hint]) => hint === undefined)).toEqual([])
    expect(problems.find(([line]) => line.includes('versoin'))![1]).toBe('did you mean version?')
  })

  test('is refused when there is none', () => {
    expect(errorOf(() => defineProjection(undefined as never)).message).toContain('expected it to be an object')
  })

  test.each([
    [
      'an SLA of nothing',
      { freshness: { sla: '0s' } },
      'expected freshness.sla to be a duration such as 30s or 5m, got: "0s"',
    ],
    ['no key column', { key: {} }, 'expected key to have at least one column, got: {}'],
    ['a misspelt field of freshness', { freshness: { slo: '3s' } }, 'unknown option freshness.slo'],
    [
      'an event in keys, however deep',
      { keys: sql`select ${sql`a ${(e: Event) => e.type}`}` },
      'a function of the event is not possible here',
    ],
    [
      'half a query in a mapping',
      { on: { AthleteRenamed: sql`select ${Number.NaN}` } },
      'rankings, on.AthleteRenamed: the value after …select is NaN',
    ],
  ])('is refused for %s', (_, change, message) => {
    expect(errorOf(() => define(change)).message).toContain(message)
  })
})

describe('the fingerprint of a definition', () => {
  const hashOf = (change: Record<string, unknown> = {}) => {
    const projection = define(change)
    return definitionHash(projection, projection.stores[0]!)
  }

  test('stays when only the layout, a comment, an event or the SLA changes', () => {
    const document = rawSql(`
      -- what readers get
      select division_id,   athlete_id,
        jsonb_build_object('points', 1) as document from keys`)
    expect(hashOf({ document, on: {}, freshness: { sla: '1h' } })).toBe(hashOf())
  })

  test.each([
    ['the key', { key: { division_id: 'uuid', athlete_id: 'text' } }],
    ['the order of the key', { key: { athlete_id: 'uuid', division_id: 'uuid' } }],
    ['the domain', { keys: sql`select division_id, athlete_id from entries where true` }],
    ['the document', { document: sql`select division_id, athlete_id, '{}'::jsonb as document from keys` }],
    ['the shape in the store', { store: postgres({ columns: { points: 'bigint' } }) }],
  ])('changes with %s', (_, change) => {
    expect(hashOf(change)).not.toBe(hashOf())
  })

  test('changes with the spaces of a text in the query', () => {
    const of = (text: string) => hashOf({ keys: sql`select division_id, athlete_id from entries where name = ${text}` })
    expect(of('Jan  Błachowicz')).not.toBe(of('Jan Błachowicz'))
    expect(of("O'  Malley")).not.toBe(of("O' Malley"))
  })
})
