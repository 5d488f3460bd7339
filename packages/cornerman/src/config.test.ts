import { describe, expect, test } from 'vitest'
import { type ConfigOptions, databaseUrl, defineConfig, place, placedByName, refuseUnconfigured } from './config.ts'
import { defineProjection } from './projection.ts'
import { postgres } from './readStores/postgres/index.ts'
import type { StoreDeclaration } from './readStore.ts'
import { sql } from './sql.ts'

/** A store that is reached by another variable. */
const elsewhere: StoreDeclaration = {
  ...postgres(),
  adapter: { ...postgres().adapter, kind: 'elsewhere', variables: ['ELSEWHERE_URL'] },
}

const projection = (name: string, version = 1, store: StoreDeclaration | StoreDeclaration[] = postgres()) =>
  defineProjection({
    name,
    version,
    key: { id: 'uuid' },
    on: {},
    keys: sql`select id from ${name}`,
    document: sql`select id, '{}'::jsonb as document from keys`,
    store,
    freshness: { sla: '30s' },
  })

const define = (options: unknown) => () => defineConfig(options as ConfigOptions)

describe('a configuration', () => {
  test('has a default for whatever is left out', () => {
    const config = defineConfig({ projections: [projection('orders')] })
    expect(config.retentionMs).toBe(7 * 86_400_000)
    expect(config.settings.batchEventsMax).toBe(1_000)
    expect(config.events).toBeUndefined()
  })

  test('takes what is said, and nothing from what is undefined', () => {
    const projector = { attemptsAtOnce: 4, batchEventsMax: undefined } as never
    const config = defineConfig({
      projections: [projection('orders')],
      events: ['OrderPlaced'],
      outbox: { retention: '12h' },
      projector,
    })
    expect(config.retentionMs).toBe(12 * 3_600_000)
    expect(config.settings.attemptsAtOnce).toBe(4)
    expect(config.settings.batchEventsMax).toBe(1_000)
  })

  test('is refused with all that is wrong with it', () => {
    const options = {
      projections: [projection('orders'), projection('orders'), {}],
      event: [],
      outbox: { retention: 'a week', retentoin: '7d' },
      projector: { batchEventsMax: -5, attemptsAtOnc: 2 },
    }
    expect(define(options)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: [
          'the configuration has 7 problems:',
          '  - configuration: expected projections.2 to be what defineProjection returns, got: {}',
          '    Try: what defineProjection returns: projections: [orders]',
          '  - configuration: expected outbox.retention to be a duration such as 7d, got: "a week"',
          "    Try: how long rows stay at least: { retention: '7d' }",
          '  - configuration: unknown option outbox.retentoin',
          '    Try: did you mean retention?',
          '  - configuration: expected projector.batchEventsMax to be a positive integer, got: -5',
          '    Try: leave it out for 1000',
          '  - configuration: unknown option projector.attemptsAtOnc',
          '    Try: did you mean attemptsAtOnce?',
          '  - configuration: unknown option event',
          '    Try: did you mean events?',
          '  - configuration, projections: orders v1 is there twice',
          '    Try: give each its own name, or raise the version of the changed one',
        ].join('\n'),
      }),
    )
  })

  test('is refused when it has no projection, or is none', () => {
    expect(define({ projections: [] })).toThrow('expected projections to have at least one projection, got: []')
    expect(define(undefined)).toThrow('expected it to be an object, got: undefined')
  })

  test('may have two versions of one projection', () => {
    expect(define({ projections: [projection('orders', 1), projection('orders', 2)] })).not.toThrow()
  })
})

describe('the place of a projection', () => {
  const both = projection('orders', 1, [elsewhere, postgres()])
  const kindIn = (env: Record<string, string>) => place(both, env).declaration.adapter.kind

  test('is the first of its stores whose connection is configured', () => {
    expect(kindIn({ READ_DATABASE_URL: 'postgres://x' })).toBe('postgres')
    expect(kindIn({ READ_DATABASE_URL: 'postgres://x', ELSEWHERE_URL: 'x' })).toBe('elsewhere')
    expect(kindIn({ READ_DATABASE_URL: 'postgres://x', ELSEWHERE_URL: '' })).toBe('postgres')
  })

  test('is the first one when none is configured, and who must write there is told what to set', () => {
    expect(kindIn({})).toBe('elsewhere')
    const adapters = [elsewhere.adapter, elsewhere.adapter, postgres().adapter]
    expect(() => refuseUnconfigured(adapters, { READ_DATABASE_URL: 'postgres://x' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: 'ELSEWHERE_URL must be set' }),
    )
    expect(() => refuseUnconfigured(adapters, {})).toThrow('ELSEWHERE_URL and READ_DATABASE_URL must be set')
    expect(() => refuseUnconfigured(adapters, { READ_DATABASE_URL: 'x', ELSEWHERE_URL: 'x' })).not.toThrow()
  })
})

describe('projections by name', () => {
  const config = defineConfig({ projections: [projection('orders'), projection('rankings'), projection('orders', 2)] })

  test('keep the versions of one together', () => {
    const placed = placedByName(config, {})
    expect([...placed].map(([name, versions]) => [name, versions.map((each) => each.projection.version)])).toEqual([
      ['orders', [1, 2]],
      ['rankings', [1]],
    ])
    expect([...placedByName(config, {}, ['rankings']).keys()]).toEqual(['rankings'])
    expect([...placedByName(config, {}, []).keys()]).toEqual(['orders', 'rankings'])
  })

  test('refuse a name that is none', () => {
    expect(() => placedByName(config, {}, ['ranking'])).toThrow(
      expect.objectContaining({
        code: 'PROJECTION_UNKNOWN',
        message: 'there is no projection ranking',
        hint: 'did you mean rankings?',
      }),
    )
    expect(() => placedByName(config, {}, ['orders', 'invoices', 'athletes'])).toThrow(
      expect.objectContaining({
        message: 'there is no projection invoices, athletes',
        hint: 'the configuration has: orders, rankings',
      }),
    )
  })
})

describe('DATABASE_URL', () => {
  test.each([
    'postgres://user:pass%40word@localhost:5432/app',
    'postgresql://localhost/app',
    'postgres://user@/app?host=/run/postgresql',
    'postgres:///app',
  ])('may be %s', (url) => {
    expect(databaseUrl({ DATABASE_URL: url })).toBe(url)
  })

  test('is asked for when it is missing', () => {
    for (const env of [{}, { DATABASE_URL: '' }])
      expect(() => databaseUrl(env)).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: 'DATABASE_URL is not set',
          hint: expect.stringContaining('DATABASE_URL=postgres://user:password@localhost:5432/app') as string,
        }),
      )
  })

  test.each(['localhost:5432/app', 'app', 'mysql://localhost/app', 'postgres://user:p#ss@localhost/app'])(
    'is refused as %s, without printing what may be a password',
    (url) => {
      expect(() => databaseUrl({ DATABASE_URL: url })).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: expect.not.stringContaining(url) as string,
          hint: expect.stringContaining('postgres://user:password@localhost:5432/app') as string,
        }),
      )
    },
  )
})
