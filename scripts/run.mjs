// Runs a task of the project: `node scripts/run.mjs <task> [arguments]`. Does all the set-up that the task needs.
import { spawn, spawnSync } from 'node:child_process'
import { environment, fail, install, nodeBinary, root } from './bootstrap.mjs'
import { programs } from './programs.mjs'
import { watchOfStarters } from './starters.mjs'

const { built, web, types, format, formatNow, lint, unused, tests } = programs

/** Task → the programs that Node runs, one after the other; the arguments go to the last. */
const tasks = {
  build: [built, web],
  check: [format, lint, types, unused, [...tests, '--project', 'unit']],
  cornerman: [built, ['platform/demo/dist/cornerman.js']],
  demo: [built, web, ['platform/demo/dist/main.js']],
  format: [formatNow, [...lint, '--fix']],
  import: [built, ['platform/demo/dist/import.js']],
  test: [['scripts/test.mjs']],
  'test:postgres': [['scripts/postgres.mjs']],
  mutants: [['scripts/mutants.mjs']],
  bench: [built, ['bench/dist/main.js']],
  soak: [['scripts/soak.mjs']],
}

const [task, ...args] = process.argv.slice(2)
if (!(task in tasks)) fail(`there is no task ${task}`, `one of ${Object.keys(tasks).join(', ')}`)
const startersRun = watchOfStarters()
install()
const node = nodeBinary()
const env = environment(node)
const steps = tasks[task]
for (const program of steps.slice(0, -1)) {
  const { status } = spawnSync(node, program, { cwd: root, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
if (!startersRun()) process.exit(1)

// The last one is told by its channel when this process ends, however it ends; and this one watches npm.
const last = spawn(node, [...steps.at(-1), ...args], {
  cwd: root,
  env,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
})
const watch = setInterval(() => {
  if (startersRun()) return
  clearInterval(watch)
  last.kill('SIGTERM')
}, 500)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => last.kill(signal))
last.on('exit', (code, signal) => {
  clearInterval(watch)
  process.exit(code ?? (signal === 'SIGINT' ? 130 : 1))
})
