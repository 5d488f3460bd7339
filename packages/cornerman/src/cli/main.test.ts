import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CommandLine } from '../testing/commandLine.ts'

let cli: CommandLine

beforeEach(() => {
  cli = new CommandLine()
})

afterEach(() => cli.close())

const config = `
  import { defineConfig, defineProjection, sql } from 'cornerman'
  import { postgres } from 'cornerman/postgres'
  const orders = defineProjection({
    name: 'orders', version: 1, key: { id: 'uuid' }, on: {}, keys: sql\`select id from orders\`,
    document: sql\`select id, '{}'::jsonb as document from keys\`, store: postgres(), freshness: { sla: '30s' },
  })
  export default defineConfig({ projections: [orders] })`

const commands = [
  ['init'],
  ['migrate'],
  ['check'],
  ['project'],
  ['status'],
  ['retry'],
  ['refresh'],
  ['outbox'],
  ['outbox', 'trigger'],
  ['outbox', 'prune'],
]

describe('help', () => {
  test.each(commands.map((command) => [command.join(' '), command] as const))(
    'of %s has examples',
    async (name, command) => {
      const { code, out, err } = await cli.run(...command, '--help')
      expect([code, err]).toEqual([0, ''])
      expect(out).toMatch(new RegExp(`^Usage: cornerman ${name} `))
      expect(out).toMatch(new RegExp(`Examples:\n  \\$ cornerman ${name}`))
    },
  )

  test('lists every command, and says where connections come from', async () => {
    const { code, out } = await cli.run('--help')
    expect(code).toBe(0)
    for (const [name] of commands) expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
    expect(out).toContain('READ_DATABASE_URL')
    expect(out).toContain('Begin with: cornerman init')
  })

  test('is shown when the command is missing, which is not what was meant', async () => {
    for (const args of [[], ['outbox']]) {
      const { code, err } = await cli.run(...args)
      expect(code).toBe(2)
      expect(err).toMatch(/^Usage: cornerman/)
    }
  })

  test('is not needed for the version', async () => {
    expect(await cli.run('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    })
  })
})

describe('a command line that is not understood', () => {
  test.each([
    [['statsu'], "unknown command 'statsu' (Did you mean status?)", 'cornerman --help'],
    [['check', '--plna'], "unknown option '--plna' (Did you mean --plan?)", 'cornerman check --help'],
    [['refresh'], "missing required argument 'projection'", 'cornerman refresh --help'],
    [['outbox', 'triger', 'x'], "unknown command 'triger' (Did you mean trigger?)", 'cornerman outbox --help'],
    [['outbox', 'trigger', 't', '--nope'], "unknown option '--nope'", 'cornerman outbox trigger --help'],
    [['migrate', '--writer'], "option '--writer <role>' argument missing", 'cornerman migrate --help'],
    [
      ['retry', 'orders', '--discard'],
      '--discard needs --key: what is forgotten is named',
      '`cornerman status` shows what is parked',
    ],
  ])('%j exits with 2 and says what to try', async (args, message, hint) => {
    expect(await cli.run(...args)).toEqual({ code: 2, out: '', err: `COMMAND_INVALID: ${message}\nTry: ${hint}\n` })
  })

  test('is told to programs as JSON', async () => {
    const { code, out, err } = await cli.run('status', '--jsno', '--json')
    expect([code, err]).toEqual([2, ''])
    expect(JSON.parse(out)).toEqual({
      error: {
        code: 'COMMAND_INVALID',
        message: "unknown option '--jsno' (Did you mean --json?)",
        hint: 'cornerman status --help',
      },
    })
  })
})

describe('what is missing', () => {
  test('is the configuration', async () => {
    for (const command of [['check'], ['project'], ['status'], ['retry', 'orders'], ['refresh', 'orders']]) {
      const { code, err } = await cli.run(...command)
      expect(code).toBe(1)
      expect(err).toContain(`CONFIG_NOT_FOUND: there is no cornerman.config.ts in ${cli.folder}\nTry: `)
    }
  })

  test.each([
    [['migrate']],
    [['check']],
    [['project']],
    [['status']],
    [['retry', 'orders']],
    [['refresh', 'orders']],
    [['outbox', 'trigger', 'orders']],
    [['outbox', 'prune']],
    [['init', '--force', '--table', 'orders']],
  ])('is DATABASE_URL, for %j', async (args) => {
    cli.env['READ_DATABASE_URL'] = 'postgres://x'
    cli.write('cornerman.config.mjs', config)
    expect(await cli.run(...args)).toEqual({
      code: 1,
      out: '',
      err: 'CONFIG_INVALID: DATABASE_URL is not set\nTry: set it to the database of the write side, in the environment or in .env: DATABASE_URL=postgres://user:password@localhost:5432/app\n',
    })
  })

  test.each([[['migrate']], [['project']]])('is READ_DATABASE_URL, for %j', async (args) => {
    cli.env['DATABASE_URL'] = 'postgres://localhost/app'
    cli.write('cornerman.config.mjs', config)
    const { code, err } = await cli.run(...args)
    expect(code).toBe(1)
    expect(err).toMatch(/^CONFIG_INVALID: READ_DATABASE_URL must be set\nTry: set it to .*\n$/)
  })

  test('is the projection that was named', async () => {
    cli.env['DATABASE_URL'] = 'postgres://localhost/app'
    cli.write('cornerman.config.mjs', config)
    for (const command of ['check', 'project', 'status', 'retry', 'refresh'])
      expect((await cli.run(command, 'order')).err).toBe(
        'PROJECTION_UNKNOWN: there is no projection order\nTry: did you mean orders?\n',
      )
  })
})

test('.env of the folder adds to the environment, and changes nothing that is set', async () => {
  cli.write('cornerman.config.mjs', config)
  cli.write('.env', 'DATABASE_URL=postgres://127.0.0.1:1/of_the_file\nREAD_DATABASE_URL=postgres://127.0.0.1:1/reads\n')
  expect((await cli.run('status')).err).toContain('cannot connect to postgres://127.0.0.1:1/of_the_file')
  cli.env['DATABASE_URL'] = 'postgres://127.0.0.1:1/of_the_environment'
  expect((await cli.run('status')).err).toContain('cannot connect to postgres://127.0.0.1:1/of_the_environment')
})

test('a definition that is wrong is told as it is, without a stack', async () => {
  cli.write('cornerman.config.mjs', config.replace('version: 1', 'version: -1').replace("sla: '30s'", "sla: 'soon'"))
  const { code, err } = await cli.run('check')
  expect(code).toBe(1)
  expect(err).toMatch(
    /^PROJECTION_INVALID: orders has 2 problems:\n {2}- orders: expected version to be a positive integer, got: -1\n/,
  )
  expect(err).not.toMatch(/\n\s+at /)
})

test('a primary that does not answer is named without its password', async () => {
  cli.env['DATABASE_URL'] = 'postgres://app:secret@127.0.0.1:1/app'
  cli.write('cornerman.config.mjs', config)
  const { code, err } = await cli.run('status')
  expect(code).toBe(1)
  expect(err).toMatch(
    /^DATABASE_UNREACHABLE: cannot connect to postgres:\/\/app:\*\*\*@127\.0\.0\.1:1\/app: .*\nTry: check that/,
  )
  const told = JSON.parse((await cli.run('status', '--json')).out) as { error: { code: string } }
  expect(told.error.code).toBe('DATABASE_UNREACHABLE')
})
