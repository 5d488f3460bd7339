import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CommandLine } from '../testing/commandLine.ts'
import { newPrimary, newReadDatabase, withConnection } from '../testing/databases.ts'

let cli: CommandLine

beforeEach(() => {
  cli = new CommandLine({ LOG_LEVEL: 'silent' })
})

afterEach(() => cli.close())

const packageJson = (type: string) => cli.write('package.json', JSON.stringify({ name: 'app', type }))

/** What was written, so that it finds this source as it would find the installed package. */
function link(...files: string[]): void {
  for (const file of files) cli.write(file, cli.read(file))
}

const root = fileURLToPath(new URL('../../../..', import.meta.url))

/** What the TypeScript compiler has to say of a file. */
function typeErrors(file: string): string {
  const options = [
    '--noEmit',
    '--ignoreConfig',
    '--strict',
    '--noUncheckedIndexedAccess',
    '--skipLibCheck',
    '--allowImportingTsExtensions',
  ]
  const types = [
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--types',
    'node',
    '--typeRoots',
    join(root, 'node_modules/@types'),
  ]
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, ...types, join(cli.folder, file)], {
    encoding: 'utf8',
  })
  return stdout
}

describe('init', () => {
  test('writes a configuration and a projection, and says what comes next', async () => {
    packageJson('module')
    expect(await cli.run('init')).toEqual({
      code: 0,
      out: [
        'wrote cornerman.config.ts',
        'wrote projections/orders.ts',
        '',
        'Next:',
        '  1. set DATABASE_URL and READ_DATABASE_URL, in the environment or in .env',
        '  2. make projections/orders.ts fit a table of yours',
        '  3. npx cornerman migrate',
        '  4. npx cornerman check',
        '  5. npx cornerman project',
        '',
      ].join('\n'),
      err: '',
    })
    link('cornerman.config.ts', 'projections/orders.ts')
    expect(typeErrors('cornerman.config.ts')).toBe('')
  })

  test.each([
    ['a CommonJS package', () => packageJson('commonjs')],
    ['a package that does not say', () => cli.write('package.json', '{}')],
    ['no package at all', () => undefined],
  ])('in %s writes files that Node takes for modules all the same', async (_, prepare) => {
    prepare()
    const { out } = await cli.run('init', '--json')
    expect(JSON.parse(out)).toMatchObject({ wrote: ['cornerman.config.mts', 'projections/orders.mts'] })
    expect(cli.read('cornerman.config.mts')).toContain(`from './projections/orders.mts'`)
  })

  test('writes over nothing, unless it is told to', async () => {
    packageJson('module')
    cli.write('cornerman.config.mjs', '// mine')
    cli.write('projections/orders.ts', '// mine too')
    expect(await cli.run('init')).toEqual({
      code: 1,
      out: '',
      err: 'FILE_EXISTS: there is cornerman.config.mjs and projections/orders.ts already: nothing was written\nTry: add further projections to it by hand, or write over it: cornerman init --force\n',
    })
    expect(existsSync(join(cli.folder, 'cornerman.config.ts'))).toBe(false)
    expect((await cli.run('init', '--force')).code).toBe(0)
    expect(cli.read('projections/orders.ts')).toContain('defineProjection')
  })
})

describe('init --table', () => {
  let primary: string

  beforeEach(async () => {
    primary = await newPrimary()
    Object.assign(cli.env, { DATABASE_URL: primary, READ_DATABASE_URL: await newReadDatabase() })
    packageJson('module')
  })

  const sql = (statement: string) => withConnection(primary, (connection) => connection.query(statement))

  const stored = (view: string) =>
    withConnection(cli.env['READ_DATABASE_URL']!, async (connection) => {
      const { rows } = await connection.query<{ document: Record<string, unknown> }>(
        `select document from read_models.${view}`,
      )
      return rows.map((row) => row.document)
    })

  /** From the table to the documents, as the printed steps say. */
  async function follow(table: string, projection: string): Promise<void> {
    expect(await cli.run('init', '--table', table)).toMatchObject({ code: 0, err: '' })
    link('cornerman.config.ts', `projections/${projection}.ts`)
    expect(typeErrors('cornerman.config.ts')).toBe('')
    for (const step of [['migrate'], ['outbox', 'trigger', table, '--apply']])
      expect(await cli.run(...step)).toMatchObject({ code: 0, err: '' })
    expect(await cli.run('check')).toEqual({ code: 0, out: `checked ${projection} v1: nothing found\n`, err: '' })
    expect(await cli.run('project', '--once')).toMatchObject({ code: 0, err: '' })
  }

  test('writes a projection that passes the check and follows the table', async () => {
    await sql(`
      create type mood as enum ('fine', 'sour');
      create table public.order_items (
        order_id uuid, line bigint, name varchar(80), price numeric(10,2), at timestamptz, day date, tags text[], mood mood, extra jsonb,
        primary key (order_id, line));
      insert into order_items values (md5('1')::uuid, 9007199254740993, 'Śliwka', 1.50, '2024-01-01 12:00Z', '2024-01-01', '{a,b}', 'fine', '{"x": 1}')`)
    await follow('public.order_items', 'order_items')
    const [item] = await stored('order_items_v1')
    expect(item).toMatchObject({
      name: 'Śliwka',
      price: 1.5,
      at: '2024-01-01T12:00:00.000000Z',
      tags: ['a', 'b'],
      mood: 'fine',
      extra: { x: 1 },
    })
    await sql(`update order_items set name = 'Plum', line = line + 1`)
    await cli.run('project', '--once')
    expect(await stored('order_items_v1')).toEqual([expect.objectContaining({ name: 'Plum' })])
  })

  test('bears the names that other tools give', async () => {
    await sql(`
      create table public."User" ("userId" int primary key, "createdAt" timestamptz not null default now(), "order" text, "it's \`odd\` \${x}" int);
      insert into "User" ("userId", "order", "it's \`odd\` \${x}") values (7, 'first', 3)`)
    await follow('public.User', 'user')
    expect(await stored('user_v1')).toEqual([
      expect.objectContaining({ userId: 7, order: 'first', "it's `odd` ${x}": 3 }),
    ])
    await sql(`delete from "User"`)
    await cli.run('project', '--once')
    expect(await stored('user_v1')).toEqual([])
  })

  test('bears a key of a type of one’s own, a name that is a word of the language, and very many columns', async () => {
    const columns = Array.from({ length: 120 }, (_, i) => `c${i} int default ${i}`).join(', ')
    await sql(`
      create type public."Grade" as enum ('a', 'b');
      create table "default" ("Grade" public."Grade" primary key, ${columns});
      insert into "default" values ('b')`)
    await follow('default', 'default')
    expect(await stored('default_v1')).toEqual([expect.objectContaining({ Grade: 'b', c0: 0, c119: 119 })])
  })

  test('asks for a table that is there, with a key', async () => {
    await sql('create table public.orders (id int); create table shop_orders (id int primary key)')
    expect(await cli.run('init', '--table', 'shop_order')).toMatchObject({
      code: 1,
      err: 'TABLE_UNKNOWN: there is no table shop_order\nTry: did you mean public.shop_orders?\n',
    })
    expect(await cli.run('init', '--table', 'nothing.like_it')).toMatchObject({
      err: 'TABLE_UNKNOWN: there is no table nothing.like_it\nTry: name it with its schema: public.orders\n',
    })
    expect(await cli.run('init', '--table', 'orders')).toMatchObject({
      err: 'TABLE_UNKNOWN: the table public.orders has no primary key\nTry: a projection needs a key: add one, or write the projection by hand\n',
    })
  })

  test('needs no schema of ours yet', async () => {
    await sql('drop schema cornerman cascade; create table orders (id int primary key)')
    const { code, out } = await cli.run('init', '--table', 'public.orders')
    expect(code).toBe(0)
    expect(out).toContain('  1. npx cornerman migrate\n  2. npx cornerman outbox trigger public.orders --apply\n')
  })
})
