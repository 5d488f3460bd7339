import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection } from '../database.ts'
import { append } from '../outbox/append.ts'
import { defineProjection, type ProjectionOptions } from '../projection.ts'
import { postgres } from '../readStores/postgres/index.ts'
import { sql } from '../sql.ts'
import { newDatabase, newPrimary, withConnection } from './databases.ts'
import { assertKeysAreNamed } from './namedKeys.ts'
import { projectionSpec, type ProjectionSpec } from './projectionSpec.ts'

interface MatchCompleted {
  type: 'MatchCompleted'
  division: string
  athletes: number[]
}
interface AthleteRenamed {
  type: 'AthleteRenamed'
  athlete: number
}
interface AthleteMoved {
  type: 'AthleteMoved'
  athlete: number
}

const rankings = (change: Partial<ProjectionOptions<never>> = {}) =>
  defineProjection<MatchCompleted | AthleteRenamed | AthleteMoved>({
    name: 'rankings',
    version: 1,
    key: { division: 'text', athlete: 'integer' },
    on: {
      MatchCompleted: (e) => e.athletes.map((athlete) => [e.division, athlete]),
      AthleteRenamed: sql`select division, athlete from entries where athlete = ${(e) => e.athlete}`,
      AthleteMoved: sql`select division, athlete from entries where athlete = ${(e) => e.athlete}`,
    },
    keys: sql`select division, athlete from entries`,
    document: sql`select k.division, k.athlete, jsonb_build_object('name', a.name, 'points', e.points) as document
      from keys k join entries e using (division, athlete) join athletes a on a.id = k.athlete`,
    store: postgres(),
    freshness: { sla: '30s' },
    ...change,
  })

const schema = `
  create table athletes (id int primary key, name text);
  create table entries (division text, athlete int, points int, primary key (division, athlete));
  insert into athletes values (1, 'Jan'), (2, 'São');
  insert into entries values ('light', 1, 10), ('heavy', 1, 0), ('light', 2, 5)`

const messageOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing failed',
    (error: Error) => error.message,
  )

describe('given, when, then', () => {
  let spec: ProjectionSpec
  let url: string

  beforeEach(async () => {
    url = await newDatabase()
    spec = await projectionSpec(rankings(), url)
    await spec.given(schema)
  })

  afterEach(() => spec.close())

  test('shows the documents that an event makes stale, by a function or a query', async () => {
    await spec.when({ type: 'MatchCompleted', division: 'light', athletes: [1, 2] })
    await spec.thenDocuments([
      { key: ['light', '2'], document: { points: 5, name: 'São' } },
      { key: ['light', '1'], document: { name: 'Jan', points: 10 } },
    ])
    await spec.given('update athletes set name = $1 where id = 1', ['Jan B.'])
    await spec.when({ type: 'AthleteRenamed', athlete: 1 })
    await spec.thenDocuments([
      { key: ['heavy', '1'], document: { name: 'Jan B.', points: 0 } },
      { key: ['light', '1'], document: { name: 'Jan B.', points: 10 } },
    ])
  })

  test('shows that a document goes, and that an event of others changes nothing', async () => {
    await spec.given(`delete from entries where division = 'light'`)
    await spec.when({ type: 'MatchCompleted', division: 'light', athletes: [2] })
    await spec.thenDocuments([{ key: ['light', '2'], document: null }])
    await spec.when({ type: 'GymOpened' })
    await spec.thenDocuments([])
    expect(await spec.documents()).toEqual([{ key: ['heavy', '1'], document: { name: 'Jan', points: 0 } }])
  })

  test('says of each key what is not as expected', async () => {
    await spec.when({ type: 'MatchCompleted', division: 'light', athletes: [1, 2] })
    const expected = [
      { key: ['light', '1'], document: { name: 'Jan', points: 12 } },
      { key: ['heavy', '1'], document: null },
    ]
    expect(await messageOf(spec.thenDocuments(expected))).toBe(
      [
        'the documents of rankings v1 are not as expected:',
        '  heavy, 1 was expected, but no event has named it',
        '  light, 1: points 12 → 10 (expected → actual)',
        '  light, 2 was named by an event, but not expected',
      ].join('\n'),
    )
  })

  test('refuses a key that is none, and a mapping that fails', async () => {
    expect(await messageOf(spec.when({ type: 'MatchCompleted', division: 'light', athletes: [null] }))).toBe(
      'rankings v1, MatchCompleted: athlete is null in the key ["light",null]',
    )
    expect(await messageOf(spec.when({ type: 'MatchCompleted', division: 'light' }))).toMatch(
      /^rankings v1, MatchCompleted: the mapping of MatchCompleted failed: /,
    )
    expect(await messageOf(spec.when({ type: 'AthleteRenamed', athlete: 'Jan' }))).toContain(
      'invalid input syntax for type integer: "Jan"',
    )
  })

  test('refuses an event whose type is misspelt', async () => {
    expect(await messageOf(spec.when({ type: 'MatchCompletd' }))).toBe(
      'rankings v1 has no mapping for MatchCompletd: did you mean MatchCompleted?',
    )
  })

  test('refuses a document query that is ambiguous', async () => {
    const twice = await projectionSpec(
      rankings({
        document: sql`select k.division, k.athlete, '{}'::jsonb as document from keys k, generate_series(1, 2)`,
      }),
      url,
    )
    try {
      await twice.when({ type: 'MatchCompleted', division: 'light', athletes: [1] })
      expect(await messageOf(twice.thenDocuments([]))).toBe(
        'the document query of rankings v1 returns more than one row for the key light, 1',
      )
    } finally {
      await twice.close()
    }
  })

  test('shows all documents, also when they are many', async () => {
    await spec.given(
      `insert into entries select 'open', i, i from generate_series(3, 2502) i; insert into athletes select i, 'A' from generate_series(3, 2502) i`,
    )
    expect(await spec.documents()).toHaveLength(2503)
  })
})

describe('a command whose events name their keys', () => {
  let url: string
  let connection: Connection

  beforeEach(async () => {
    url = await newPrimary()
    connection = await connect({ url, applicationName: 'tests' })
    await connection.query(schema)
  })

  afterEach(() => connection.end())

  /** Changes rows and appends an event, as a command does. */
  const command = (change: string, type: string, payload: Record<string, unknown>) => async () => {
    await connection.query('begin')
    await connection.query(change)
    await append(connection, { type, aggregateType: 'a', aggregateId: '1', payload })
    await connection.query('commit')
    return 'done'
  }

  const assertOn = (work: () => Promise<unknown>) => assertKeysAreNamed({ url, projections: [rankings()] }, work)

  test('passes, and gives back what the command returned', async () => {
    const scored = command(`update entries set points = 11 where division = 'light'`, 'MatchCompleted', {
      division: 'light',
      athletes: [1, 2],
    })
    expect(await assertOn(scored)).toBe('done')
    expect(
      await assertOn(command(`update athletes set name = 'J' where id = 1`, 'AthleteRenamed', { athlete: 1 })),
    ).toBe('done')
  })

  test('passes when it names more than it has changed, or changes nothing', async () => {
    expect(await assertOn(command('select 1', 'MatchCompleted', { division: 'light', athletes: [1, 2, 3] }))).toBe(
      'done',
    )
  })

  test('fails when it forgets one: with the projection, the key, and what differs', async () => {
    const work = command(`update entries set points = points + 1 where division = 'light'`, 'MatchCompleted', {
      division: 'light',
      athletes: [1],
    })
    expect(await messageOf(assertOn(work))).toBe(
      [
        'documents have changed, but no event names their keys:',
        '  rankings v1, light, 2: points 5 → 6',
        'events of the command: {"type": "MatchCompleted", "athletes": [1], "division": "light"}',
      ].join('\n'),
    )
  })

  test('fails when it appends no event at all', async () => {
    const work = async () => void (await connection.query(`update athletes set name = 'J' where id = 1`))
    expect(await messageOf(assertOn(work))).toBe(
      [
        'documents have changed, but no event names their keys:',
        '  rankings v1, heavy, 1: name "Jan" → "J"',
        '  rankings v1, light, 1: name "Jan" → "J"',
        'events of the command: none',
      ].join('\n'),
    )
  })

  test('fails when it names the key that is, but not the one that was', async () => {
    const work = command(`update entries set division = 'heavy' where athlete = 2`, 'AthleteMoved', { athlete: 2 })
    const message = await messageOf(assertOn(work))
    expect(message).toContain('  rankings v1, light, 2: is gone\n')
    expect(message).not.toContain('heavy, 2')
  })

  test('fails with the reason when the mapping could not say the key', async () => {
    const work = command(`update entries set points = 7 where athlete = 2`, 'MatchCompleted', { division: 'light' })
    const message = await messageOf(assertOn(work))
    expect(message).toContain('  rankings v1, light, 2: points 5 → 7\n')
    expect(message).toMatch(/ {2}rankings v1: the mapping of MatchCompleted failed: /)
  })

  test('fails for every projection that is wrong', async () => {
    const other = { ...rankings(), name: 'names' }
    const work = async () => void (await connection.query('delete from entries where athlete = 2'))
    const message = await messageOf(assertKeysAreNamed({ url, projections: [rankings(), other] }, work))
    expect(message).toContain('  rankings v1, light, 2: is gone\n  names v1, light, 2: is gone\n')
  })

  test('passes on what the command throws', async () => {
    expect(await messageOf(assertOn(() => Promise.reject(new Error('refused'))))).toBe('refused')
    const open = await withConnection(url, (c) =>
      c.query(
        `select 1 from pg_stat_activity where datname = current_database() and application_name = 'cornerman named keys'`,
      ),
    )
    expect(open.rows).toEqual([])
  })
})
