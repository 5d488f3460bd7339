// The faults that could go on for ever go on for long: `npm run soak -- 600` for ten minutes each; SOAK_SECONDS says the same.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail, root } from './bootstrap.mjs'
import { programs } from './programs.mjs'
import { tally } from './tally.mjs'

const suites = [
  ['transactions that stay open', 'packages/cornerman/src/projector/transactions.int.test.ts'],
  [
    'projectors that contest their turn, events that come again',
    'packages/cornerman/src/projector/contested.int.test.ts',
  ],
  ['projectors stopped past all time-outs', 'packages/cornerman/src/projector/stopped.int.test.ts'],
  ['the whole platform, projectors and PostgreSQL killed', 'e2e/faults.test.ts'],
]

const [seconds = process.env.SOAK_SECONDS ?? '300'] = process.argv.slice(2)
if (!(Number(seconds) >= 1)) fail(`expected a number of seconds, got: ${seconds}`, 'npm run soak -- 600')

const env = { ...process.env, SOAK_SECONDS: seconds }
const report = join(root, '.cache', 'soak.json')
const run = (args) => spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status === 0
const minutes = (since) => `${((performance.now() - since) / 60_000).toFixed(1)} min`

mkdirSync(join(root, '.cache'), { recursive: true })
if (!run(programs.built)) fail('the build failed', 'see above')

const startedAt = performance.now()
const sum = { passed: 0, failed: 0, skipped: 0 }
for (const [i, [name, file]] of suites.entries()) {
  console.log(`soak ${i + 1} of ${suites.length}, after ${minutes(startedAt)}: ${name}, ${seconds} s each`)
  rmSync(report, { force: true })
  const ok = run([...programs.tests, '--reporter=verbose', '--reporter=json', `--outputFile=${report}`, file])
  const found = tally(existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined, ok)
  for (const each of Object.keys(sum)) sum[each] += found[each]
}
console.log(
  `soak of ${minutes(startedAt)}: ${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped; a failed test bears its seed in its name`,
)
process.exitCode = sum.failed > 0 || sum.skipped > 0 ? 1 : 0
