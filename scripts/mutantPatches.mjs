// The classic bugs, each kept as a patch: mutants/<name>.patch.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './bootstrap.mjs'

export const folder = join(root, 'mutants')

/**
 * All patches, by name. The lines above the diff say the bug in words and where it is caught, the quickest test first:
 *
 *     # Bug: the cursor alone: what commits late below it is never read.
 *     # Caught by: packages/cornerman/src/outbox/gaps.test.ts › delivers what commits exactly once
 *
 * What follows `›` is a part of the test's name; without it, the whole file is run.
 */
export function readPatches() {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.patch'))
    .sort()
    .map((file) => parsePatch(file.replace(/\.patch$/, ''), readFileSync(join(folder, file), 'utf8')))
}

export function parsePatch(name, text) {
  const header = text.slice(0, text.search(/^diff --git /m)).split('\n')
  const said = (label) => header.flatMap((line) => (line.startsWith(label) ? [line.slice(label.length).trim()] : []))
  const tests = said('# Caught by:').map((line) => {
    const [file, test] = line.split('›').map((part) => part.trim())
    return test === undefined ? { file } : { file, test }
  })
  const files = [...text.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file]) => file)
  return { name, path: join(folder, `${name}.patch`), bug: said('# Bug:').join(' '), tests, files }
}

/** Applies a patch to the tree in `cwd`; returns what git says when it cannot. */
export function applyPatch(patch, cwd, ...options) {
  // A hook's variables would send git to another repository.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')))
  const { status, stderr, error } = spawnSync('git', ['apply', ...options, patch.path], { cwd, env, encoding: 'utf8' })
  if (error !== undefined) return error.message
  return status === 0 ? undefined : stderr.trim()
}
