import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection } from '../database.ts'
import { CommandLine, eventually } from '../testing/commandLine.ts'
import { newDatabase, withConnection } from '../testing/databases.ts'

let cli: CommandLine
let primary: string
let reads: string

beforeEach(async () => {
  primary = await newDatabase()
  reads = await newDatabase()
  cli = new CommandLine({ DATABASE_URL: primary, READ_DATABASE_URL: reads })
  cli.write(
    'cornerman.config.mjs',
    `import { defineConfig, defineProjection, sql } from 'cornerman'
    import { postgres } from 'cornerman/postgres'
    export default defineConfig({ projections: [defineProjection({
      name: 'orders', version: 1, key: { id: 'uuid' }, on: {}, keys: sql\`select id from orders\`,
      document: sql\`select id, '{}'::jsonb as document from keys\`, store: postgres({ columns: { name: 'text' }, search: { fuzzy: ['name'] } }), freshness: { sla: '30s' },
    })] })`,
  )
})

afterEach(() => cli.close())

/** Takes the place of the password: the test's server lets everybody in. */
function as(url: string, role: string): string {
  const other = new URL(url)
  other.username = role
  return other.href
}

async function newRoles(...names: string[]): Promise<string[]> {
  const roles = names.map((name) => `${name}_${randomUUID().slice(0, 8)}`)
  await withConnection(primary, async (connection) => {
    for (const role of roles) await connection.query(`create role "${role}" login`)
  })
  return roles
}

const refusal = (url: string, statement: string) =>
  withConnection(url, (connection) =>
    connection.query(statement).then(
      () => 'allowed',
      (error: Error) => error.message,
    ),
  )

describe('migrate', () => {
  test('says what it has applied, and the second time that all is up to date', async () => {
    expect(await cli.run('migrate')).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^primary: applied 1 outbox, 2 projections.*\npostgres: applied 1 postgres read store.*\n$/,
      ) as string,
      err: '',
    })
    expect(await cli.run('migrate')).toEqual({ code: 0, out: 'primary: up to date\npostgres: up to date\n', err: '' })
    expect(JSON.parse((await cli.run('migrate', '--json')).out)).toEqual({
      primary: [],
      stores: { postgres: [] },
      rights: [],
    })
  })

  test('may run in many processes at once, rights and extensions included', async () => {
    const [writer, projector, reader] = (await newRoles('writer', 'projector', 'reader')) as [string, string, string]
    const rights = ['--writer', writer, '--projector', projector, '--reader', reader]
    const ran = await Promise.all(Array.from({ length: 8 }, () => cli.run('migrate', ...rights)))
    expect(ran.map(({ err }) => err).join('')).toBe('')
    expect(ran.map(({ code }) => code)).toEqual(ran.map(() => 0))
    expect(ran.filter(({ out }) => out.includes('primary: applied'))).toHaveLength(1)
  })

  test('without a configuration migrates the primary alone, and says so', async () => {
    const bare = new CommandLine({ DATABASE_URL: primary })
    try {
      const { code, out, err } = await bare.run('migrate')
      expect([code, err]).toEqual([0, 'there is no configuration here: only the primary is migrated\n'])
      expect(out).toMatch(/^primary: applied .*\n$/)
    } finally {
      await bare.close()
    }
  })

  test('lets a command that needs the schema say how to get it', async () => {
    const { code, err } = await cli.run('status')
    expect(code).toBe(1)
    expect(err).toMatch(/^SCHEMA_MISSING: the primary lacks the migrations .*\nTry: .*cornerman migrate/)
  })

  describe('ends on Ctrl-C while another process holds it up', () => {
    const stopped = { code: 130, out: '', err: 'INTERRUPTED: stopped before it was done\n' }
    let other: Connection

    beforeEach(async () => {
      await cli.run('migrate')
      other = await connect({ url: primary, applicationName: 'tests' })
      await other.query('begin; lock table cornerman.migrations in access exclusive mode')
    })

    afterEach(() => other.end())

    test('and it waits already', async () => {
      const running = cli.start('migrate')
      await eventually(
        () =>
          withConnection(primary, async (watching) => {
            const { rows } = await watching.query(
              `select 1 from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and not l.granted`,
            )
            return rows.length > 0 ? true : undefined
          }),
        'waiting for the lock',
      )
      running.interrupt()
      expect(await running.ended).toEqual(stopped)
    })

    test('and it has not even connected', async () => {
      const running = cli.start('migrate')
      running.interrupt()
      expect(await running.ended).toEqual(stopped)
    })
  })
})

describe('migrate --sql', () => {
  test('prints statements that make the very schema, and changes nothing itself', async () => {
    const { code, out } = await cli.run('migrate', '--sql')
    expect(code).toBe(0)
    expect(await refusal(primary, 'select 1 from cornerman.migrations')).toContain('does not exist')
    const [onPrimary, inStore] = out.split('-- In the read store postgres (READ_DATABASE_URL)')
    expect(onPrimary).toMatch(/^-- On the primary \(DATABASE_URL\)/)
    await withConnection(primary, (connection) => connection.query(onPrimary!))
    await withConnection(reads, (connection) => connection.query(inStore!))
    expect(await cli.run('migrate')).toMatchObject({ code: 0, out: 'primary: up to date\npostgres: up to date\n' })
  })

  test('needs no database', async () => {
    const away = new CommandLine()
    away.write('cornerman.config.mjs', cli.read('cornerman.config.mjs'))
    try {
      const { code, out } = await away.run('migrate', '--sql', '--json')
      expect(code).toBe(0)
      expect((JSON.parse(out) as { sql: string }).sql).toContain('create table cornerman.outbox')
    } finally {
      await away.close()
    }
  })

  test('prints the grants of the named roles too', async () => {
    const { out } = await cli.run('migrate', '--sql', '--writer', 'app', '--projector', 'projector', '--reader', 'web')
    const [onPrimary, inStore] = out.split('-- In the read store postgres (READ_DATABASE_URL)')
    expect(onPrimary).toContain('grant usage on schema cornerman to "app";')
    expect(onPrimary).toContain('grant usage on schema cornerman to "projector";')
    expect(inStore).toContain('grant usage on schema cornerman to "projector";')
    expect(inStore).toContain('grant usage on schema read_models to "web";')
  })
})

describe('the roles of migrate', () => {
  test('get what they need, and no more', async () => {
    const [writer, projector, reader] = (await newRoles('writer', 'projector', 'reader')) as [string, string, string]
    const { code, out } = await cli.run('migrate', '--writer', writer, '--projector', projector, '--reader', reader)
    expect(code).toBe(0)
    expect(out).toContain(`rights: ${writer} appends, ${projector} projects, ${reader} reads\n`)
    const insert = `insert into cornerman.outbox (aggregatetype, aggregateid, type, payload) values ('a', '1', 'T', '{}') returning id, position`
    expect(await refusal(as(primary, writer), insert)).toBe('allowed')
    expect(await refusal(as(primary, writer), 'select payload from cornerman.outbox')).toContain('permission denied')
    expect(await refusal(as(primary, writer), 'delete from cornerman.outbox')).toContain('permission denied')
    expect(await refusal(as(primary, writer), 'select * from cornerman.checkpoints')).toContain('permission denied')
    expect(await refusal(as(primary, projector), 'select payload from cornerman.outbox')).toBe('allowed')
    expect(await refusal(as(primary, projector), 'delete from cornerman.outbox')).toContain('permission denied')
    expect(await refusal(as(reads, reader), 'select * from read_models.watermarks')).toBe('allowed')
    expect(await refusal(as(reads, reader), 'select * from cornerman.store_watermarks')).toContain('permission denied')
    expect(await refusal(as(primary, reader), 'select * from cornerman.outbox')).toContain('permission denied')
  })

  test('may read what is live already, when they come later', async () => {
    const [early, late] = (await newRoles('early', 'late')) as [string, string]
    await cli.run('migrate', '--reader', early)
    await withConnection(reads, async (connection) => {
      await connection.query('create view read_models.orders_v1 as select 1 as id')
      await connection.query(`insert into cornerman.store_live (projection, version, number) values ('orders', 1, 1)`)
    })
    const select = 'select id from read_models.orders_v1'
    expect(await refusal(as(reads, late), select)).toContain('permission denied')
    expect(await cli.run('migrate', '--reader', late)).toMatchObject({ code: 0 })
    expect(await refusal(as(reads, late), select)).toBe('allowed')
  })

  test('must be there', async () => {
    const { code, err } = await cli.run('migrate', '--writer', 'nobody_here', '--reader', 'nobody_there')
    expect(code).toBe(1)
    expect(err).toBe(
      'ROLE_UNKNOWN: there is no role nobody_here, nobody_there on the primary\nTry: make it first: create role "nobody_here" login; create role "nobody_there" login\n',
    )
    expect(await refusal(primary, 'select 1 from cornerman.migrations')).toContain('does not exist')
  })

  test('a role without rights is told what it lacks', async () => {
    const [weak] = (await newRoles('weak')) as [string]
    cli.env['DATABASE_URL'] = as(primary, weak)
    const { code, err } = await cli.run('migrate')
    expect(code).toBe(1)
    expect(err).toMatch(/^RIGHT_MISSING: permission denied for database .*\nTry: grant it to the role of DATABASE_URL/)
  })
})
