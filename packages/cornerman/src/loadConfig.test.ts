import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CornermanError } from './errors.ts'
import { loadConfig } from './loadConfig.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cornerman-config-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('nothing was refused')
    },
    (error: CornermanError) => error,
  )

const empty = 'export default { projections: [], settings: {} }'

describe('a configuration is found', () => {
  test.each(['cornerman.config.ts', 'cornerman.config.mts', 'cornerman.config.js', 'cornerman.config.mjs'])(
    'as %s of the folder',
    async (name) => {
      write(name, empty)
      expect((await loadConfig(folder)).projections).toEqual([])
    },
  )

  test('where --config says, below the folder', async () => {
    write('ops/other.mjs', empty)
    expect((await loadConfig(folder, 'ops/other.mjs')).projections).toEqual([])
  })
})

describe('a configuration is refused', () => {
  test('when there is none', async () => {
    const error = await errorOf(loadConfig(folder))
    expect(error).toMatchObject({ code: 'CONFIG_NOT_FOUND', message: `there is no cornerman.config.ts in ${folder}` })
    expect(error.hint).toContain('cornerman init')
    expect(await errorOf(loadConfig(folder, 'missing.ts'))).toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: `there is no file ${join(folder, 'missing.ts')}`,
    })
  })

  test('when its file throws, with the line that did', async () => {
    write('projections/orders.mjs', '\n\nexport const orders = undefined.name')
    write('cornerman.config.mjs', `import './projections/orders.mjs'\n${empty}`)
    const error = await errorOf(loadConfig(folder))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain("Cannot read properties of undefined (reading 'name')")
    expect(error.message).toContain('(projections/orders.mjs, line 3)')
  })

  test('when a file that it imports is not there', async () => {
    write('cornerman.config.mjs', `import './projections/orders'\n${empty}`)
    expect(await errorOf(loadConfig(folder))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('projections/orders') as string,
      hint: "imports name files with their extension: './projections/orders.ts'",
    })
  })

  test('when a package that it imports is not installed', async () => {
    write('cornerman.config.mjs', `import 'no-such-package-anywhere'\n${empty}`)
    expect(await errorOf(loadConfig(folder))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('no-such-package-anywhere') as string,
      hint: 'install it: npm install',
    })
  })

  test('when it exports no configuration as its default', async () => {
    for (const [i, text] of ['export const config = 1', 'export default {}', 'export default null'].entries()) {
      write(`c${i}.mjs`, text)
      expect(await errorOf(loadConfig(folder, `c${i}.mjs`))).toMatchObject({
        code: 'CONFIG_INVALID',
        message: `${join(folder, `c${i}.mjs`)} has no configuration as its default export`,
        hint: 'export default defineConfig({ projections: [ … ] })',
      })
    }
  })
})
