import { beforeAll, describe, expect, test } from 'vitest'
import type { PlacedProjection } from '../config.ts'
import type { Connection } from '../database.ts'
import { addGeneration, noteLive } from '../generations/catalog.ts'
import { readInputs } from '../generations/inputs.ts'
import { append } from '../outbox/append.ts'
import type { Problem } from '../problem.ts'
import { definitionHash, defineProjection, type Projection, type ProjectionOptions } from '../projection.ts'
import { postgres } from '../readStores/postgres/index.ts'
import { sql } from '../sql.ts'
import { newPrimary, withConnection } from '../testing/databases.ts'
import { check } from './check.ts'

let url: string

const schema = `
  create schema published;
  create table athletes (id uuid primary key, name text not null, born timestamptz not null, gym_id int, weight numeric not null);
  create table matches (id uuid primary key, athlete_id uuid not null references athletes, points int not null, at timestamptz not null);
  create index on matches (athlete_id);
  insert into athletes select md5(i::text)::uuid, 'Athlete ' || i, timestamptz '1990-01-01 20:00Z' + i * interval '1 day', nullif(i % 5, 0), 60 + i
    from generate_series(1, 30) i;
  insert into matches select md5('m' || i)::uuid, md5((i % 30 + 1)::text)::uuid, i % 7, timestamptz '2024-01-01Z' + i * interval '1 hour'
    from generate_series(1, 300) i;
  create view published.athletes as select id, name, born, gym_id, weight from athletes;
  create view published.points as select athlete_id, sum(points) as points from matches group by athlete_id;
`

beforeAll(async () => {
  url = await newPrimary()
  await withConnection(url, async (connection) => {
    await connection.query(schema)
    await connection.query('begin')
    await append(connection, { type: 'MatchCompleted', aggregateType: 'match', aggregateId: '1', payload: {} })
    await connection.query('commit')
  })
})

const keys = sql`select id from published.athletes`
const document = sql`
  select k.id, jsonb_build_object('name', a.name, 'points', p.points) as document
  from keys k join published.athletes a using (id) left join published.points p on p.athlete_id = k.id`

/** A projection that is sound but for what is said. */
function projection(name: string, change: Partial<ProjectionOptions<never>> = {}): Projection {
  return defineProjection({
    name,
    version: 1,
    key: { id: 'uuid' },
    on: {},
    keys,
    document,
    store: postgres(),
    freshness: { sla: '30s' },
    ...change,
  } as ProjectionOptions<never>)
}

const placed = (each: Projection): PlacedProjection => ({ projection: each, declaration: each.stores[0]! })

interface Asked {
  events?: string[]
  thorough?: boolean
  of?: string
}

const problemsOf = (projections: readonly Projection[], { events, thorough = true, of = url }: Asked = {}) =>
  check({ url: of, placed: projections.map(placed), thorough, ...(events === undefined ? {} : { events }) })

const line = ({ where, message, severity }: Problem) =>
  `${severity === 'warning' ? 'warning: ' : ''}${where}: ${message}`
const lines = async (...asked: Parameters<typeof problemsOf>) => (await problemsOf(...asked)).map(line)

/** A copy of the database's tables in a database of its own, for what must not disturb the other tests. */
async function ownPrimary(work: (connection: Connection) => Promise<void>): Promise<string> {
  const own = await newPrimary()
  await withConnection(own, async (connection) => {
    await connection.query(schema)
    await work(connection)
  })
  return own
}

test('a sound projection has no problem at all', async () => {
  const mapping = sql`select id from published.athletes where gym_id = ${(e: { gymId: number }) => e.gymId}`
  const sound = projection('sound', { on: { MatchCompleted: () => [], GymMoved: [mapping, () => []] } as never })
  expect(await problemsOf([sound], { events: ['MatchCompleted', 'GymMoved'] })).toEqual([])
  expect(await problemsOf([sound])).toEqual([])
})

test('a deliberately bad set is reported in one call, all of it', async () => {
  const bad = [
    projection('unknown_event', { on: { MatchCompletd: () => [], Nonsense: () => [] } as never }),
    projection('null_key', {
      key: { id: 'uuid', gym_id: 'integer' },
      keys: sql`select id, gym_id from published.athletes`,
      document: sql`select k.id, k.gym_id, '{}'::jsonb as document from keys k`,
    }),
    projection('keys_without_key', { keys: sql`select name, born from published.athletes` }),
    projection('keys_of_another_type', { keys: sql`select id::text as id from published.athletes` }),
    projection('keys_that_do_not_parse', { keys: sql`select id form published.athletes` }),
    projection('document_without_key', { document: sql`select '{}'::jsonb as document from keys` }),
    projection('no_document', { document: sql`select id, name from published.athletes join keys using (id)` }),
    projection('document_of_another_type', { document: sql`select id, 1.5 as document from keys` }),
    projection('key_twice', {
      document: sql`select *, '{}'::jsonb as document from keys k join published.athletes a on a.id = k.id`,
    }),
    projection('of_time', {
      document: sql`select id, to_jsonb(now() > timestamptz '2020-01-01Z') as document from keys`,
    }),
    projection('unordered', {
      document: sql`select k.id, jsonb_agg(m.points) as document from keys k join matches m on m.athlete_id = k.id group by k.id`,
    }),
    projection('two_rows', {
      document: sql`select k.id, '{}'::jsonb as document from keys k join matches m on m.athlete_id = k.id`,
    }),
    projection('all_rows', { document: sql`select id, '{}'::jsonb as document from published.athletes` }),
    projection('no_json', {
      document: sql`select id, 'name: ' || a.name as document from keys join published.athletes a using (id)`,
    }),
    projection('zoned', {
      document: sql`select id, jsonb_build_object('born', a.born) as document from keys join published.athletes a using (id)`,
    }),
    projection('fails_for_some', {
      document: sql`select id, to_jsonb(1 / (a.gym_id - 1)) as document from keys join published.athletes a using (id)`,
    }),
    projection('unknown_type', { key: { id: 'uuidd' } }),
    projection('ambiguous_type', {
      key: { weight: 'numeric' },
      keys: sql`select weight from published.athletes`,
      document: sql`select weight, '{}'::jsonb as document from keys`,
    }),
    projection('untyped_mapping', {
      on: {
        MatchCompleted: sql`select id from published.athletes where ${(e: { type: string }) => e.type} is null`,
      } as never,
    }),
    projection('mapping_of_another_type', {
      on: { MatchCompleted: sql`select name as id from published.athletes` } as never,
    }),
    projection('everything', {
      on: { Nonsense: sql`select nothing` } as never,
      keys: sql`select name as id from published.athletes`,
      document: sql`select id, random() as x from keys`,
    }),
  ]
  const athlete1 = await firstAthlete()
  expect(await lines(bad, { events: ['MatchCompleted'] })).toEqual([
    'unknown_event v1, on.MatchCompletd: no event of type MatchCompletd is known',
    'unknown_event v1, on.Nonsense: no event of type Nonsense is known',
    'null_key v1, keys: returns rows in which gym_id is null',
    'keys_without_key v1, keys: does not return the key column id; it returns name, born',
    'keys_of_another_type v1, keys: returns id as text, but the key says uuid',
    'keys_that_do_not_parse v1, keys: syntax error at or near "published"',
    'document_without_key v1, document: does not return the key column id; it returns document',
    'no_document v1, document: returns no column document; it returns id, name',
    'document_of_another_type v1, document: the column document is of type numeric',
    'key_twice v1, document: returns id twice',
    'of_time v1, document: calls now(): the document would change without any event',
    'unordered v1, document: jsonb_agg(…) has no order: the same rows can make another text',
    `unordered v1, document: two plans give two texts for the key ${athlete1}`,
    `two_rows v1, document: returns more than one row for the key ${athlete1}`,
    expect.stringMatching(/^all_rows v1, document: returns rows of keys that it was not asked for, such as /),
    `no_json v1, document: the text for the key ${athlete1} is not JSON`,
    `warning: zoned v1, document: the text for the key ${athlete1} depends on the session's time zone`,
    expect.stringMatching(
      /^warning: fails_for_some v1, document: fails for \d+ of the first 20 keys; for \S+: division by zero$/,
    ),
    'unknown_type v1, key: the type uuidd of id is not known in this database',
    'ambiguous_type v1, key: weight is of the type numeric, in which equal values can be written in several ways',
    'untyped_mapping v1, on.MatchCompleted: could not determine data type of parameter $1',
    'mapping_of_another_type v1, on.MatchCompleted: returns id as text, but the key says uuid',
    'everything v1, on.Nonsense: no event of type Nonsense is known',
    'everything v1, keys: returns id as text, but the key says uuid',
    'everything v1, document: returns no column document; it returns id, x',
    'everything v1, on.Nonsense: column "nothing" does not exist',
  ])
})

const firstAthlete = () =>
  withConnection(url, async (connection) => {
    const { rows } = await connection.query<{ id: string }>('select id from athletes order by id limit 1')
    return rows[0]!.id
  })

test('each problem says what to do', async () => {
  const bad = [
    projection('a', { keys: sql`select name from published.athletes` }),
    projection('b', { keys: sql`select id from athlets`, on: { X: () => [] } as never }),
    projection('c', {
      document: sql`select k.id, jsonb_build_object('n', a.nam) as document from keys k join athletes a using (id)`,
    }),
    projection('d', {
      key: { id: 'bigint' },
      document: sql`select k.id, to_jsonb(a.name) as document from keys k join athletes a on a.id = k.id`,
    }),
    projection('e', {
      on: { X: sql`select id from athletes where ${(e: { type: string }) => e.type} is null` } as never,
    }),
  ]
  const problems = await problemsOf(bad, { events: ['Y'] })
  expect(problems.filter(({ hint }) => hint === undefined)).toEqual([])
  expect(problems.map(({ where, hint }) => `${where}: ${hint}`)).toEqual([
    'a v1, keys: select … as "id"',
    'b v1, on.X: known: Y; list new ones under events in the configuration',
    'b v1, keys: name it with its schema, and see that the migration that makes it has run',
    'c v1, document: Perhaps you meant to reference the column "a.name".',
    'd v1, keys: write uuid in the key, or cast the column: id::bigint',
    'd v1, document: No operator matches the given name and argument types. You might need to add explicit type casts.',
    'e v1, on.X: known: Y; list new ones under events in the configuration',
    'e v1, on.X: say of which type the value is: ${(e) => e.athleteId}::uuid',
  ])
})

describe('event types', () => {
  const misspelt = projection('misspelt', { on: { MatchCompletd: () => [], BrandNew: () => [] } as never })

  test('are compared with the catalog of the configuration, if there is one', async () => {
    expect(await problemsOf([misspelt], { events: ['MatchCompleted', 'BrandNew'] })).toEqual([
      {
        where: 'misspelt v1, on.MatchCompletd',
        message: 'no event of type MatchCompletd is known',
        hint: 'did you mean MatchCompleted?',
      },
    ])
  })

  test('are compared with the outbox without one: only what looks misspelt is warned of', async () => {
    expect(await problemsOf([misspelt])).toEqual([
      {
        where: 'misspelt v1, on.MatchCompletd',
        message: 'no event of type MatchCompletd is known',
        hint: 'did you mean MatchCompleted?',
        severity: 'warning',
      },
    ])
  })
})

test('key types may be written by any of their names', async () => {
  const of = (type: string, column: string) =>
    projection('typed', {
      key: { id: type },
      keys: sql`select distinct ${{ kind: 'sql', strings: [column], values: [] }} as id from published.athletes`,
      document: sql`select id, '{}'::jsonb as document from keys`,
    })
  const typed = [
    of('int8', 'gym_id::bigint'),
    of('timestamptz', 'born'),
    of('varchar(20)', 'name::varchar(20)'),
    of('character varying', 'name::varchar(20)'),
    of('timestamp with time zone', 'born::timestamptz(3)'),
    of('numeric(10,2)', 'weight::numeric(10,2)'),
    of('bool', '(gym_id = 1)'),
  ].map((each) => ({ ...each, keys: `select * from (${each.keys}) as x where id is not null` }))
  expect(await lines(typed)).toEqual([])
  expect(
    await lines([of('numeric(10,2)', 'weight'), of('character(3)', 'name::char(9)')], { thorough: false }),
  ).toEqual([
    'typed v1, keys: returns id as numeric, but the key says numeric(10,2)',
    'typed v1, keys: returns id as character(9), but the key says character(3)',
  ])
})

describe('a text that another plan would make differently is found', () => {
  // The index has the last name first, the table the first one: which of the equals is taken depends on the way.
  const entries = `
    create table entries (athlete_id uuid not null, points int not null, name text not null);
    create index on entries (athlete_id, points, name desc);
    insert into entries select a.id, 1, n::text from athletes a, generate_series(10, 40) n;`
  const tied = projection('tied', {
    document: sql`select k.id, jsonb_build_object('best', e.name) as document from keys k
      join lateral (select name from entries where athlete_id = k.id order by points limit 1) e on true`,
  })

  test('where the rows come by an index now', async () => {
    const of = await ownPrimary(async (connection) => void (await connection.query(`${entries} analyze entries`)))
    expect(await lines([tied], { of })).toEqual([
      expect.stringMatching(/^tied v1, document: two plans give two texts for the key /),
    ])
    const unique = { ...tied, document: tied.document.replace('order by points', 'order by points, name') }
    expect(await lines([unique], { of })).toEqual([])
  })

  test('where they come by reading the table now', async () => {
    const of = await ownPrimary(async (connection) => {
      await connection.query(`${entries} delete from entries where name > '11'`)
      await connection.query('vacuum full analyze entries')
    })
    expect(await lines([tied], { of })).toEqual([
      expect.stringMatching(/^tied v1, document: two plans give two texts for the key /),
    ])
  })
})

test('a large table that is read through for a single key is warned of, until it has an index', async () => {
  const own = await ownPrimary(async (connection) => {
    await connection.query(`
      create table rounds (athlete_id uuid not null, number int not null);
      insert into rounds select md5((i % 5000)::text)::uuid, i from generate_series(1, 20000) i;
      analyze rounds`)
  })
  const slow = projection('slow', {
    document: sql`select k.id, jsonb_build_object('rounds', (select count(*) from rounds where athlete_id = k.id)) as document from keys k`,
  })
  expect(await lines([slow], { of: own })).toEqual([
    'warning: slow v1, document: reads all of public.rounds (about 20000 rows) for a single key',
  ])
  await withConnection(own, (connection) => connection.query('create index on rounds (athlete_id)'))
  expect(await lines([slow], { of: own })).toEqual([])
})

describe('what a generation was built from', () => {
  const rankings = projection('rankings')

  /** The catalog as the first build leaves it. */
  async function built(connection: Connection): Promise<void> {
    const id = { projection: 'rankings', store: 'postgres', version: 1, number: 1 }
    const facts = {
      definitionHash: definitionHash(rankings, rankings.stores[0]!),
      inputs: await readInputs(connection, rankings),
      promoteWhenBuilt: true,
    }
    await addGeneration(connection, id, facts)
    await noteLive(connection, id)
  }

  test('is what is there: nothing is said', async () => {
    expect(await lines([rankings], { of: await ownPrimary(built) })).toEqual([])
  })

  test('a view that has changed since is named, also one below another, and one that has gone', async () => {
    const own = await ownPrimary(async (connection) => {
      await connection.query(`
        create view published.scores as select athlete_id, points from matches;
        create or replace view published.points as select athlete_id, sum(points) as points from published.scores group by athlete_id`)
      await built(connection)
      await connection.query(
        `create or replace view published.scores as select athlete_id, points * 2 as points from matches`,
      )
    })
    expect(await lines([rankings], { of: own })).toEqual([
      'warning: rankings v1: the view published.scores has changed since the live generation was built',
    ])
    await withConnection(own, (connection) =>
      connection.query(`
        create or replace view published.points as select athlete_id, sum(points) as points from matches group by athlete_id;
        drop view published.scores`),
    )
    expect(await lines([rankings], { of: own })).toEqual([
      'warning: rankings v1: the view published.points has changed since the live generation was built',
      'warning: rankings v1: the view published.scores has gone since the live generation was built',
    ])
  })

  test('a definition that has changed without a new version is an error', async () => {
    const own = await ownPrimary(built)
    const changed = projection('rankings', { store: postgres({ columns: { points: 'integer' } }) })
    expect(await problemsOf([changed], { of: own })).toEqual([
      {
        where: 'rankings v1',
        message: "key, keys, document or the store's shape have changed since generation 1 was built",
        hint: 'raise the version to 2: it is built beside this one',
      },
    ])
    const next = projection('rankings', { store: postgres({ columns: { points: 'integer' } }), version: 2 })
    expect(await lines([rankings, next], { of: own })).toEqual([])
  })

  test('a version that is fed and no longer in the configuration is a warning: projectors stand by', async () => {
    const own = await ownPrimary(built)
    expect(await lines([projection('rankings', { version: 2 })], { of: own })).toEqual([
      'warning: rankings: it has a generation of version 1, which is not in the configuration: projectors stand by',
    ])
  })

  test('a view that the queries still need is a fault of the queries', async () => {
    const own = await ownPrimary(async (connection) => {
      await built(connection)
      await connection.query('drop view published.points')
    })
    expect(await lines([rankings], { of: own })).toEqual([
      'rankings v1, document: relation "published.points" does not exist',
    ])
  })
})

describe('the outbox', () => {
  test('whose position takes no transaction id first is an error', async () => {
    for (const expression of [
      `nextval('cornerman.outbox_position')`,
      `case when random() < 0 then null else nextval('cornerman.outbox_position') end`,
      `case when nextval('cornerman.outbox_position') > 0 and pg_current_xact_id() is not null then 1 end`,
    ]) {
      const own = await ownPrimary(async (connection) => {
        await connection.query(`alter table cornerman.outbox alter column position set default ${expression}`)
      })
      expect(await lines([], { of: own })).toEqual([
        'cornerman.outbox: the default of position does not take a transaction id first: readers could skip rows',
      ])
    }
  })

  test('whose sequence hands out positions in advance is an error', async () => {
    const own = await ownPrimary(async (connection) => {
      await connection.query('alter sequence cornerman.outbox_position cache 20')
    })
    expect(await problemsOf([], { of: own })).toEqual([
      {
        where: 'cornerman.outbox',
        message:
          'the sequence outbox_position caches 20 values: positions would be handed out long before they are used',
        hint: 'alter sequence cornerman.outbox_position cache 1',
      },
    ])
  })
})

describe('a role', () => {
  async function asRole(name: string, grants: string): Promise<string> {
    const own = await ownPrimary(async (connection) => {
      await connection.query(`drop role if exists ${name}; create role ${name} login`)
      await connection.query(
        `grant usage on schema cornerman to ${name}; grant select on all tables in schema cornerman to ${name}`,
      )
      await connection.query(grants)
    })
    const as = new URL(own)
    as.username = name
    return as.href
  }

  test('that may not select what the queries read is told what to grant', async () => {
    const of = await asRole(
      'check_blind',
      'grant usage on schema published to check_blind; grant select on published.athletes to check_blind',
    )
    expect(await problemsOf([projection('rankings')], { of })).toEqual([
      {
        where: 'rankings v1, document',
        message: 'permission denied for view points',
        hint: 'publish it to the projector: grant select on it to this role, best by a view in the schema published',
      },
    ])
  })

  test('that may not look into the schema is told so', async () => {
    const of = await asRole('check_shut', 'select 1')
    expect(await problemsOf([projection('rankings')], { of })).toEqual(
      ['keys', 'document'].map((query) => ({
        where: `rankings v1, ${query}`,
        message: 'permission denied for schema published',
        hint: 'grant usage on schema published to this role, and select on what it reads there',
      })),
    )
  })

  test('that needs no more than select finds nothing to say', async () => {
    const of = await asRole(
      'check_reader',
      'grant usage on schema published to check_reader; grant select on published.athletes, published.points to check_reader',
    )
    expect(await problemsOf([projection('rankings')], { of })).toEqual([])
  })
})

test('a projector that starts reads no documents', async () => {
  const unready = projection('unready', {
    document: sql`select id, to_jsonb(1 / (a.weight - a.weight)) as document from keys join published.athletes a using (id)`,
  })
  expect(await lines([unready], { thorough: false })).toEqual([])
  expect(await lines([unready])).toEqual([expect.stringContaining('division by zero')])
})

test('a database that does not answer is an error of its own, not a problem of a projection', async () => {
  await expect(problemsOf([projection('rankings')], { of: 'postgres://nobody@127.0.0.1:1/none' })).rejects.toThrow(
    expect.objectContaining({ code: 'DATABASE_UNREACHABLE' }),
  )
})
