import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from 'cornerman/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stepsOf } from './tutorial/page.ts'
import { Reader } from './tutorial/reader.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const page = readFileSync(join(root, 'docs/tutorial/first-projection.md'), 'utf8')
const portOfThePage = '54330'

let folder: string
let reader: Reader
let port: string

/** What npm sets for the scripts that it runs would make a stranger's npm another one. */
const strangersEnvironment = () => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|NODE_ENV$|VITEST)/.test(name)),
  ),
  npm_config_prefer_offline: 'true',
  npm_config_ignore_scripts: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  NO_COLOR: '1',
})

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'tutorial-')))
  mkdirSync(join(folder, 'shop'))
  const packed = spawnSync('npm', ['pack', '-w', 'cornerman', '--pack-destination', folder], {
    cwd: root,
    env: strangersEnvironment(),
    encoding: 'utf8',
  })
  expect(packed.status, packed.stderr).toBe(0)
  port = String(await freePort())
  reader = new Reader(join(folder, 'shop'), strangersEnvironment())
})

afterAll(async () => {
  await reader.leave()
  rmSync(folder, { recursive: true, force: true })
})

describe('the tutorial', () => {
  test('names each file in the text above it', () => {
    const unnamed = stepsOf(page).filter(
      (step) => step.kind !== 'command' && !page.slice(0, page.indexOf(step.text)).includes(`\`${step.name}\``),
    )
    expect(unnamed).toEqual([])
  })

  test('goes from an empty folder to a live projection, and prints what it says', async () => {
    const steps = stepsOf(page.replaceAll(portOfThePage, port))
    expect(steps.length).toBeGreaterThan(30)
    for (const step of steps) await reader.follow(step)
  })
})
