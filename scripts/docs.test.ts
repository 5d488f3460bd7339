import { existsSync, globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { defineProjection } from '../packages/cornerman/src/projection.ts'
import { postgres } from '../packages/cornerman/src/readStores/postgres/index.ts'
import { sql } from '../packages/cornerman/src/sql.ts'
import { defaultSettings } from '../packages/cornerman/src/projector/settings.ts'
import { storeMigrations } from '../packages/cornerman/src/readStores/postgres/schema.ts'
import { primaryMigrations } from '../packages/cornerman/src/schema/primary.ts'
import { root } from './bootstrap.mjs'

const pages = globSync('**/*.md', {
  cwd: root,
  exclude: (name) => ['node_modules', 'dist', '.cache', '.cornerman', '.git'].includes(name.split('/').at(-1)!),
})
const textOf = (page: string) => readFileSync(join(root, page), 'utf8')
/** What stands in code is no link. */
const withoutCode = (text: string) => text.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '')

/** As GitHub names a heading. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')

const anchorsOf = (page: string) =>
  [
    ...textOf(page)
      .replaceAll(/^```[^]*?^```$/gm, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading]) => anchorOf(heading!))

function brokenLinks(page: string): string[] {
  const links = [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : relative(root, join(root, dirname(page), path))
    if (!existsSync(join(root, target))) return true
    return anchor !== undefined && !anchorsOf(target).includes(anchor)
  })
}

describe('the pages', () => {
  test('are found', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'docs/reference/errors.md']))
  })

  test.each(pages)('%s has no broken link', (page) => {
    expect(brokenLinks(page)).toEqual([])
  })

  test('under docs are all reached from its index', () => {
    const index = textOf('docs/README.md')
    const unlisted = pages.filter(
      (page) => page.startsWith('docs/') && page !== 'docs/README.md' && !index.includes(`(${relative('docs', page)})`),
    )
    expect(unlisted).toEqual([])
  })

  test('README.md stays within 250 lines', () => {
    expect(textOf('README.md').split('\n').length).toBeLessThanOrEqual(250)
  })

  test('ARCHITECTURE.md names files that are there', () => {
    const named = [...textOf('ARCHITECTURE.md').matchAll(/`([\w/.-]+\/[\w.-]*\.(?:ts|mjs|json|md))`/g)].map(
      ([, file]) => file!,
    )
    const missing = named.filter(
      (file) => ![file, `packages/cornerman/src/${file}`].some((each) => existsSync(join(root, each))),
    )
    expect(missing).toEqual([])
  })
})

describe('the projections in', () => {
  test.each(['README.md', 'packages/cornerman/README.md'])('%s are ones', (page) => {
    const blocks = [...textOf(page).matchAll(/^```ts\n([^]*?)^```/gm)].map(([, text]) => text!)
    const projections = blocks
      .flatMap((text) => text.split(/^(?=export const)/m))
      .filter((text) => /^export const \w+ = defineProjection/.test(text))
    const defined = projections.map((text) => {
      const code = stripTypeScriptTypes(text).replace(/^export const \w+ =/, 'return')
      return new Function('defineProjection', 'sql', 'postgres', code)(defineProjection, sql, postgres) as object
    })
    expect(defined.length).toBeGreaterThan(0)
    for (const projection of defined)
      expect(projection).toMatchObject({ version: 1, mappings: expect.any(Map) as Map<string, unknown> })
  })
})

describe('the pages titled by a symptom', () => {
  const sources = globSync('packages/cornerman/src/**/*.ts', {
    cwd: root,
    exclude: (name) => name.endsWith('.test.ts'),
  })
  const toolkit = sources.map(textOf).join('\n')

  test.each(pages.filter((page) => page.includes('status-says')))('%s quotes what the toolkit prints', (page) => {
    const symptoms = [...textOf(page).matchAll(/^\| (.*?) \|/gm)].map(([, cell]) => cell!)
    const quoted = symptoms.flatMap((cell) => [...cell.matchAll(/`(?:LOST: )?([^`]+)`/g)].map(([, text]) => text!))
    const fragments = quoted.flatMap((text) => text.split('…').map((part) => part.trim())).filter((part) => part !== '')
    expect(fragments.filter((part) => !toolkit.includes(part))).toEqual([])
    expect(quoted.length + symptoms.filter((cell) => /^[A-Z_]{6,} *$/.test(cell)).length).toBeGreaterThan(3)
  })
})

describe('the reference', () => {
  /** The first cells of a page's tables. */
  const rowsOf = (page: string) =>
    new Map([...textOf(page).matchAll(/^\| `([^`]+)` *\| *([^|]*?) *\|/gm)].map(([, name, cell]) => [name!, cell!]))

  test('of the configuration has every setting of a projector, with its default', () => {
    const rows = rowsOf('docs/reference/configuration.md')
    expect(Object.fromEntries(Object.keys(defaultSettings).map((name) => [name, rows.get(name)]))).toEqual(
      Object.fromEntries(Object.entries(defaultSettings).map(([name, value]) => [name, String(value)])),
    )
  })

  test('of projections has every option', () => {
    const source = textOf('packages/cornerman/src/projection.ts')
    const [, options = ''] = /^export interface ProjectionOptions.*\n([^]*?)^\}/m.exec(source) ?? []
    const names = [...options.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name!)
    expect(names.length).toBeGreaterThan(5)
    expect([...rowsOf('docs/reference/projection.md').keys()]).toEqual(expect.arrayContaining(names))
  })

  test('of the schema has every table, and no other', () => {
    const made = (migrations: readonly { sql: string }[]) =>
      migrations.flatMap(({ sql }) => [...sql.matchAll(/create table (cornerman\.\w+)/g)].map(([, name]) => name!))
    const tables = [
      ...made(primaryMigrations),
      ...made(storeMigrations.migrations),
      'cornerman.migrations',
      'cornerman.store_migrations',
    ]
    const listed = [...rowsOf('docs/reference/schema.md').keys()].filter((name) => !name.startsWith('read_models.'))
    expect(listed.map((name) => (name.includes('.') ? name : `cornerman.${name}`)).sort()).toEqual(tables.sort())
  })
})
