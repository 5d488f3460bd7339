// All that Node alone can run: the checks, every suite, and a last line with the sum. Nothing is skipped.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './bootstrap.mjs'

const only = process.argv.slice(2)
const report = join(root, '.cache', 'tests.json')
mkdirSync(join(root, '.cache'), { recursive: true })
rmSync(report, { force: true })

const run = (args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0
const program = (name, script) => join(root, 'node_modules', name, script)
const checks =
  only.length > 0
    ? []
    : [
        ['format', [program('prettier', 'bin/prettier.cjs'), '--log-level', 'warn', '--check', '.']],
        ['lint', [program('oxlint', 'bin/oxlint'), '--deny-warnings', '.']],
        ['unused', [program('knip', 'bin/knip.js')]],
      ]
const build = [
  [
    'types',
    [program('typescript', 'bin/tsc'), '-b', '.', 'packages/cornerman/tsconfig.test.json', 'e2e', '--pretty', 'false'],
  ],
  ['web', [program('vite', 'bin/vite.js'), 'build', '--logLevel', 'warn', 'platform/web']],
]

let passed = 0
let failed = 0
for (const [name, args] of [...build, ...checks]) {
  const ok = run(args)
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name}`)
  if (ok) passed++
  else failed++
}
if (failed === 0) {
  const ok = run([
    program('vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
    ...only,
  ])
  const result = JSON.parse(readFileSync(report, 'utf8'))
  passed += result.numPassedTests
  failed += result.numFailedTests
  const skipped = result.numPendingTests + result.numTodoTests
  // A suite that could not even be loaded has no tests to count.
  if (!ok && result.numFailedTests === 0) failed++
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  process.exit(failed > 0 || skipped > 0 ? 1 : 0)
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`)
process.exit(1)
