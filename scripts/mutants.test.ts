import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './bootstrap.mjs'
import { applyPatch, readPatches } from './mutantPatches.mjs'

describe.each(readPatches())('the mutant $name', (patch) => {
  test('applies to the tree as it is', () => {
    expect(applyPatch(patch, root, '--check')).toBeUndefined()
  })

  test('says what is wrong, and names tests that are there', () => {
    expect(patch.bug).toMatch(/\.$/)
    expect(patch.tests.length).toBeGreaterThan(0)
    for (const { file } of patch.tests) expect(existsSync(join(root, file)), file).toBe(true)
  })
})

test('no two mutants are the same', () => {
  const diffs = readPatches().map(({ path }) => readFileSync(path, 'utf8').replace(/^#.*\n/gm, ''))
  expect(new Set(diffs).size).toBe(diffs.length)
})
