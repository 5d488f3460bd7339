import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Connection } from '../database.ts'
import { defineProjection } from '../projection.ts'
import { postgres } from '../readStores/postgres/index.ts'
import { rawSql } from '../sql.ts'
import { newDatabase } from '../testing/databases.ts'
import { checkFunctions } from './functions.ts'

let connection: Connection

beforeAll(async () => {
  connection = await connect({ url: await newDatabase(), applicationName: 'tests' })
  await connection.query(`
    create schema published;
    create table matches (id uuid primary key, division text not null, points int not null, weight float8 not null, at timestamptz not null);
    create view published.steady as select id, division, points, weight, at from matches;

    create view published.clock as select *, now() - at as age from matches;
    create view published.above_clock as select id, age from published.clock;
    create view published.far_above_clock as select * from published.above_clock;
    create view published.unordered as select division, jsonb_agg(id) as ids from matches group by division;
    create view published.above_unordered as select * from published.unordered;
    create view published.dated as select *, current_date as today from matches;
    create view published.above_dated as select * from published.dated;

    create function noisy(x int) returns int language plpgsql as $$ begin return x; end $$;
    create function years_since(t timestamptz) returns int language sql stable as $$ select extract(year from now() - t)::int $$;
    create function years_since_atomic(t timestamptz) returns int language sql stable begin atomic select extract(year from current_timestamp - t)::int; end;
    create function outer_years(t timestamptz) returns int language plpgsql stable as $$ begin return 1 + "years_since" (t); end $$;
    create function is_today(t timestamptz) returns boolean language sql stable as $$ select t::date = 'today'::date $$;
    create function doubled(x int) returns int language sql stable as $$
      -- not now(), and not random() either
      select x * 2 $$;
    create function around(x int) returns int language plpgsql stable as $$ begin return case when x < 1 then 0 else around(x - 1) end; end $$;
    create function half(x int) returns int language sql immutable as $$ select x / 2 $$;
    create view published.noisy as select id, noisy(points) as n from matches;
    create view published.above_noisy as select * from published.noisy;
    create view published.aged as select id, years_since(at) as years from matches;
    create view published.above_aged as select * from published.aged;
  `)
})

afterAll(() => connection.end())

/** What is said of a projection with this document (an expression over m), or with this keys query. */
async function said({ document = '1', from = 'published.steady', keys = 'select id from matches' }): Promise<string[]> {
  const projection = defineProjection({
    name: 'p',
    version: 1,
    key: { id: 'uuid' },
    on: {},
    keys: rawSql(keys),
    document: rawSql(
      `select k.id, jsonb_build_object('x', ${document}) as document from keys k left join lateral (select * from ${from}) as m on true`,
    ),
    store: postgres(),
    freshness: { sla: '30s' },
  })
  const problems = await checkFunctions(connection, projection, { problems: [], keysRun: true, documentRuns: true })
  return problems.map(({ where, message, severity }) => `${severity ?? 'error'}: ${where}: ${message}`)
}

const inDocument = (call: string) => [
  `error: p v1, document: calls ${call}: the document would change without any event`,
]

describe('nothing is said of', () => {
  test.each([
    ['constants and columns', 'm.points'],
    [
      'immutable and stable functions of rows',
      'upper(m.division) || half(m.points) || doubled(m.points) || around(m.points)',
    ],
    ['the age between two times', 'age(m.at, m.at)'],
    ['a time in another zone', "m.at at time zone 'UTC'"],
    ['a text that speaks of the time', "'now() and current_date and random()'"],
    ['an aggregate with an order', '(select jsonb_agg(o.points order by o.id) from published.steady o)'],
    ['an aggregate that sorts', "(select string_agg(distinct o.division, ',') from published.steady o)"],
    ['a sum of integers', '(select sum(o.points) from published.steady o)'],
    [
      'ordered aggregates within ordered aggregates',
      `(select jsonb_agg(jsonb_build_object('of', (select jsonb_agg(i.id order by i.at, i.id) from matches i where i.division = o.division)) order by o.division) from (select distinct division from matches) o)`,
    ],
  ])('%s', async (_, document) => {
    expect(await said({ document })).toEqual([])
  })
})

describe('a document that depends on the time is found', () => {
  test.each([
    ['now()', 'now()'],
    ['transaction_timestamp()', 'transaction_timestamp()'],
    ['current_date', 'current_date'],
    ['localtimestamp(2)', 'localtimestamp'],
    ['age(m.at)', 'age()'],
    ["m.at > 'now'::timestamptz", "'now'::time"],
    ["m.at > date 'today'", "date 'today'"],
    ["current_setting('TimeZone')", 'current_setting()'],
    ['current_user', 'current_user'],
  ])('by %s', async (document, call) => {
    expect(await said({ document })).toEqual(inDocument(call))
  })

  test('in a condition, a join and an order as well', async () => {
    for (const from of [
      'published.steady where at < now()',
      'published.steady order by at - now() limit 1',
      'published.steady a join lateral (select 1 from matches where at < now()) b on true',
    ])
      expect(await said({ from })).toEqual(inDocument('now()'))
  })

  test('by the rows of a sample', async () => {
    expect(await said({ from: 'matches tablesample system (10)' })).toEqual(inDocument('tablesample'))
  })

  test('in the keys query, and is called a fault of that', async () => {
    expect(await said({ keys: 'select id from matches where at > now()' })).toEqual([
      'error: p v1, keys: calls now(): the document would change without any event',
    ])
  })

  test('two views down, with the name of the view', async () => {
    expect(await said({ document: 'm.age', from: 'published.far_above_clock' })).toEqual(
      inDocument('now(), in the view published.clock'),
    )
    expect(await said({ from: 'published.above_dated' })).toEqual(
      inDocument('current_date, in the view published.dated'),
    )
  })
})

describe('a document that depends on chance is found', () => {
  test.each(['random()', 'clock_timestamp()', 'gen_random_uuid()', 'timeofday()'])('by %s', async (document) => {
    expect(await said({ document })).toEqual([`error: p v1, document: calls the volatile function ${document}`])
  })

  test("by a user's function that is not declared stable, also two views down", async () => {
    expect(await said({ document: 'noisy(m.points)' })).toEqual([
      'error: p v1, document: calls the volatile function noisy()',
    ])
    expect(await said({ from: 'published.above_noisy' })).toEqual([
      'error: p v1, document: calls the volatile function noisy(), in the view published.noisy',
    ])
  })
})

describe("a user's stable function that asks for the time is found", () => {
  test.each([
    ['in its text', 'years_since(m.at)', 'years_since(), which calls now()'],
    ['in its parsed body', 'years_since_atomic(m.at)', 'years_since_atomic(), which calls CURRENT_TIMESTAMP'],
    ['in a function that it calls', 'outer_years(m.at)', 'outer_years(), which calls years_since(), which calls now()'],
    ['as a word for today', 'is_today(m.at)', "is_today(), which calls 'today'::date"],
  ])('%s', async (_, document, call) => {
    expect(await said({ document })).toEqual(inDocument(call))
  })

  test('two views down', async () => {
    expect(await said({ from: 'published.above_aged' })).toEqual(
      inDocument('years_since(), which calls now(), in the view published.aged'),
    )
  })
})

describe('an aggregate without an order is found', () => {
  const unordered = (name: string, rest = '') => [
    `error: p v1, document: ${name}(…) has no order${rest}: the same rows can make another text`,
  ]

  test.each(['jsonb_agg', 'json_agg', 'array_agg'])('%s', async (name) => {
    expect(await said({ document: `(select ${name}(o.points) from matches o)` })).toEqual(unordered(name))
  })

  test('string_agg', async () => {
    expect(await said({ document: "(select string_agg(o.division, ', ') from matches o)" })).toEqual(
      unordered('string_agg'),
    )
  })

  test('within an ordered one, and around one', async () => {
    const inner = '(select jsonb_agg(i.id) from matches i where i.division = o.division)'
    expect(await said({ document: `(select jsonb_agg(${inner} order by o.id) from matches o)` })).toEqual(
      unordered('jsonb_agg'),
    )
    const ordered = inner.replace('i.id', 'i.id order by i.id')
    expect(await said({ document: `(select json_agg(${ordered}) from matches o)` })).toEqual(unordered('json_agg'))
  })

  test('whatever the columns within it are called', async () => {
    const odd = '(select i.points as "odd }}}}}}}}}}}}" from matches i limit 1)'
    expect(await said({ document: `(select jsonb_agg(${odd}) from matches o)` })).toEqual(unordered('jsonb_agg'))
    expect(await said({ document: `(select jsonb_agg(${odd} order by o.id) from matches o)` })).toEqual([])
  })

  test('two views down', async () => {
    expect(await said({ from: 'published.above_unordered' })).toEqual(
      unordered('jsonb_agg', ', in the view published.unordered'),
    )
  })

  test('and a sum of floating-point numbers is warned of', async () => {
    expect(await said({ document: '(select sum(o.weight) from matches o)' })).toEqual([
      'warning: p v1, document: sum(…) of double precision depends on the order of its rows in the last digits',
    ])
  })
})

test('everything is said at once, each thing once', async () => {
  const document = `jsonb_build_array(now(), random(), current_date, now(), (select jsonb_agg(o.id) from matches o))`
  expect(
    await said({ document, from: 'published.far_above_clock', keys: 'select id from matches where at < now()' }),
  ).toEqual([
    'error: p v1, keys: calls now(): the document would change without any event',
    'error: p v1, document: calls now(): the document would change without any event',
    'error: p v1, document: calls the volatile function random()',
    'error: p v1, document: calls current_date: the document would change without any event',
    'error: p v1, document: jsonb_agg(…) has no order: the same rows can make another text',
    'error: p v1, document: calls now(), in the view published.clock: the document would change without any event',
  ])
})

test('a query that makes no view is a problem, with what PostgreSQL says of it', async () => {
  expect(await said({ document: 'm.nonsense' })).toEqual([
    expect.stringContaining('p v1, document: cannot be looked through: column m.nonsense does not exist'),
  ])
})
