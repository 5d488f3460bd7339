// The programs of the checks and of the build, as Node runs them.
import { join } from 'node:path'
import { root } from './bootstrap.mjs'

const bin = (name, script) => join(root, 'node_modules', name, script)

/** What is built is listed in tsconfig.json; the others only have their types checked. */
const typesOnly = ['packages/cornerman/tsconfig.test.json', 'e2e', 'scripts']

const tsc = [bin('typescript', 'bin/tsc'), '-b', '--pretty', 'false', '.']

export const programs = {
  built: tsc,
  types: [...tsc, ...typesOnly],
  web: [bin('vite', 'bin/vite.js'), 'build', '--logLevel', 'warn', 'platform/web'],
  format: [bin('prettier', 'bin/prettier.cjs'), '--log-level', 'warn', '--check', '.'],
  formatNow: [bin('prettier', 'bin/prettier.cjs'), '--log-level', 'warn', '--write', '.'],
  lint: [bin('oxlint', 'bin/oxlint'), '--deny-warnings', '.'],
  unused: [bin('knip', 'bin/knip.js'), '--no-config-hints'],
  tests: [bin('vitest', 'vitest.mjs'), 'run'],
}
