// All that Node alone can run: the build, the checks, every suite, and a last line with the sum. Nothing is skipped. With
// arguments only the suites that they name, after the build.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './bootstrap.mjs'
import { programs } from './programs.mjs'
import { tally } from './tally.mjs'

const only = process.argv.slice(2)
const report = join(root, '.cache', 'tests.json')
const run = (args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0

const sum = { passed: 0, failed: 0, skipped: 0 }

function step(name) {
  const ok = run(programs[name])
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name}`)
  sum[ok ? 'passed' : 'failed']++
  return ok
}

function suites() {
  mkdirSync(join(root, '.cache'), { recursive: true })
  rmSync(report, { force: true })
  const ok = run([...programs.tests, '--reporter=default', '--reporter=json', `--outputFile=${report}`, ...only])
  const found = tally(existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined, ok)
  for (const name of Object.keys(sum)) sum[name] += found[name]
}

const isBuilt = ['types', 'web'].map(step).every((ok) => ok)
if (only.length === 0) for (const name of ['format', 'lint', 'unused']) step(name)
// What was not built would fail everywhere, and hide why.
if (isBuilt) suites()
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed > 0 || sum.skipped > 0 ? 1 : 0
