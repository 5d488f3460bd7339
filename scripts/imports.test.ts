import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from './bootstrap.mjs'

const toolkit = 'packages/cornerman/src'

/** A file and what it imports: each of these must be refused by the project's own lint configuration. */
const refused: [file: string, from: string][] = [
  [`${toolkit}/key.ts`, './cli/main.ts'],
  [`${toolkit}/key.ts`, '@platform/contracts'],
  [`${toolkit}/outbox/a.ts`, '../projector/projector.ts'],
  [`${toolkit}/outbox/a.ts`, '../readStores/postgres/store.ts'],
  [`${toolkit}/schema/a.ts`, '../outbox/append.ts'],
  [`${toolkit}/feeds/outbox/a.ts`, '../../projector/projector.ts'],
  [`${toolkit}/readStores/postgres/a.ts`, '../../projector/projector.ts'],
  [`${toolkit}/freshness/a.ts`, '../projector/watermarks.ts'],
  [`${toolkit}/generations/a.ts`, '../projector/projector.ts'],
  [`${toolkit}/projector/a.ts`, '../readStores/postgres/store.ts'],
  [`${toolkit}/projector/a.ts`, '../cli/main.ts'],
  [`${toolkit}/check/a.ts`, '../projector/projector.ts'],
  [`${toolkit}/cli/a.ts`, '../readStores/postgres/store.ts'],
  [`${toolkit}/testing/a.ts`, '../cli/main.ts'],
  [`${toolkit}/outbox/a.test.ts`, '@platform/contracts'],
  ['platform/contracts/src/a.ts', 'pg'],
  ['platform/http/src/a.ts', 'cornerman'],
  ['platform/command-service/src/matches/a.ts', 'cornerman/postgres'],
  ['platform/command-service/src/matches/a.ts', '@platform/projections'],
  ['platform/query-service/src/rankings/a.ts', '@platform/command-service/database'],
  ['platform/query-service/src/rankings/a.ts', '../../../command-service/src/database/schema.ts'],
  ['platform/query-service/src/rankings/a.ts', 'kysely'],
  ['platform/projections/src/a.ts', '@platform/command-service/database'],
  ['platform/web/src/a.ts', 'cornerman'],
  ['e2e/oracle/a.ts', '@platform/projections'],
]

/** What the same files may import: without these a rule that refuses everything would pass. */
const allowed: [file: string, from: string][] = [
  [`${toolkit}/outbox/a.ts`, '../backoff.ts'],
  [`${toolkit}/outbox/a.ts`, './gaps.ts'],
  [`${toolkit}/outbox/a.test.ts`, '../testing/waits.ts'],
  [`${toolkit}/feeds/outbox/a.ts`, '../../outbox/reader.ts'],
  [`${toolkit}/readStores/postgres/a.ts`, '../../freshness/watermark.ts'],
  [`${toolkit}/generations/a.ts`, '../projector/fanOut.ts'],
  [`${toolkit}/projector/a.ts`, '../generations/catalog.ts'],
  [`${toolkit}/cli/a.ts`, '../projector/projector.ts'],
  [`${toolkit}/testing/commandLine.ts`, '../cli/main.ts'],
  ['platform/contracts/src/a.ts', 'zod'],
  ['platform/contracts/src/a.ts', './events.ts'],
  ['platform/command-service/src/matches/a.ts', 'cornerman'],
  ['platform/query-service/src/rankings/a.ts', 'cornerman/postgres'],
  ['platform/projections/src/a.ts', '@platform/contracts'],
  ['platform/web/src/a.ts', '@platform/http'],
  ['e2e/oracle/a.ts', 'pg'],
]

let folder: string
let found: string[]

/** A tree of its own with the real configuration: one file for each import, all linted in one go. */
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'imports-')))
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
  const texts = Map.groupBy([...refused, ...allowed], ([file]) => file)
  for (const [file, imports] of texts) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), imports.map(([, from]) => `export * from '${from}'\n`).join(''))
  }
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format', 'json', '.'], { cwd: folder, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; message: string; filename: string }[] }
  found = diagnostics
    .filter(({ code }) => code.includes('no-restricted-imports'))
    .map(({ filename, message }) => `${filename} ← ${/'(.*?)'/.exec(message)![1]}`)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the import directions', () => {
  test.each(refused)('%s must not import %s', (file, from) => {
    expect(found).toContain(`${file} ← ${from}`)
  })

  test.each(allowed)('%s may import %s', (file, from) => {
    expect(found).not.toContain(`${file} ← ${from}`)
  })

  test('are told of every folder in ARCHITECTURE.md', () => {
    const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
    const foldersOf = (of: string) =>
      readdirSync(join(root, of), { withFileTypes: true })
        .filter((each) => each.isDirectory())
        .map(({ name }) => name)
    const missing = [...foldersOf(toolkit), ...foldersOf('platform')].filter((name) => !page.includes(`| \`${name}/\``))
    expect(missing).toEqual([])
  })
})
