// Proves that the tests bite: puts in the classic bugs one by one, in a copy of the tree, and says which test caught each.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { fail, root } from './bootstrap.mjs'
import { applyPatch, readPatches } from './mutantPatches.mjs'
import { scratchTree } from './scratchTree.mjs'

const help = `Usage: npm run mutants -- [options]

Puts in each bug of mutants/*.patch by itself, in a copy of the tree, and runs the tests that should catch it.
Exits with 1 when one survives, when a patch does not apply, and when a test fails without any bug.

  --only <name>   this one; may be given several times
  --list          only print the bugs and the tests that are named for them
  --json          one line of JSON for each bug
  --help          this text`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    list: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})
const runMaxMs = 300_000

/** Runs a program of the copy; resolves to whether it ended well. A run that hangs is ended. */
function run(tree, args, running) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: tree, stdio: ['ignore', 'pipe', 'pipe'] })
    running.child = child
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
    const timer = setTimeout(() => child.kill('SIGKILL'), runMaxMs)
    child.on('error', (error) => (output += error.message))
    child.on('close', (code) => {
      clearTimeout(timer)
      running.child = undefined
      resolve({ ok: code === 0, output })
    })
  })
}

const needsBuild = (file) => !file.startsWith('packages/') && !file.startsWith('models/')

const build = (tree, running) =>
  run(tree, [join(root, 'node_modules/typescript/bin/tsc'), '-b', '--pretty', 'false'], running)

/** Runs tests in the copy, either whole files or parts of them: the name of the first that failed, `undefined` when all passed. */
async function firstFailure(tree, tests, running) {
  const report = join(tree, 'report.json')
  const names = tests.flatMap(({ test }) => (test === undefined ? [] : [escaped(test)]))
  const { ok, output } = await run(
    tree,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--bail=1',
      '--reporter=json',
      `--outputFile=${report}`,
      ...(names.length === 0 ? [] : ['-t', names.join('|')]),
      ...new Set(tests.map(({ file }) => file)),
    ],
    running,
  )
  if (ok) return undefined
  const { testResults } = readReport(report, output)
  const failed = testResults.flatMap((suite) => suite.assertionResults.filter(({ status }) => status === 'failed'))
  if (failed.length > 0) return failed[0].fullName
  // Its tests are listed, so it was loaded, and what goes before them has failed.
  const unprepared = testResults.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length > 0,
  )
  if (unprepared !== undefined) return `what ${relative(tree, unprepared.name)} begins with`
  throw new Error(`no test failed, but the run did:\n${testResults.map(({ message }) => message).join('\n') || output}`)
}

function readReport(report, output) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    throw new Error(`the run left no report:\n${output}`)
  }
}

const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** Puts one bug in, looks for the test that catches it, takes it out again. */
async function judge(patch, tree, running) {
  const fault = applyPatch(patch, tree)
  if (fault !== undefined) return { outcome: 'does not apply', reason: fault }
  try {
    // First the very tests that are named, then the whole files of those.
    const whole = patch.tests.filter(({ test }) => test !== undefined).map(({ file }) => ({ file }))
    if (patch.tests.some(({ file }) => needsBuild(file))) {
      const { ok, output } = await build(tree, running)
      if (!ok) return { outcome: 'does not compile', reason: output }
    }
    for (const test of [...patch.tests, ...whole]) {
      const by = await firstFailure(tree, [test], running)
      if (by !== undefined) return { outcome: 'caught', by, unexpected: whole.includes(test) }
    }
    return { outcome: 'survived', reason: `tried ${patch.tests.map(({ file }) => file).join(', ')}` }
  } catch (error) {
    return { outcome: 'broke the run', reason: error.message }
  } finally {
    applyPatch(patch, tree, '--reverse')
  }
}

function chosen(patches) {
  const names = patches.map(({ name }) => name)
  const unknown = (options.only ?? []).filter((name) => !names.includes(name))
  if (unknown.length > 0) fail(`there is no mutant ${unknown.join(', ')}`, 'npm run mutants -- --list')
  return options.only === undefined ? patches : patches.filter(({ name }) => options.only.includes(name))
}

async function main() {
  if (options.help) return console.log(help)
  const patches = chosen(readPatches())
  if (options.list) return list(patches)
  const { tree, remove } = scratchTree()
  const running = {}
  const leave = (code) => {
    running.child?.kill('SIGKILL')
    remove()
    process.exit(code)
  }
  process.on('SIGINT', () => leave(130))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => leave(1))
  process.on('disconnect', () => leave(1))
  try {
    if (!(await passWithoutBug(patches, tree, running))) return
    const results = []
    for (const patch of patches) {
      const startedAt = performance.now()
      const result = { name: patch.name, ...(await judge(patch, tree, running)) }
      results.push(result)
      print(result, patch, Math.round((performance.now() - startedAt) / 1_000))
    }
    const caught = results.filter(({ outcome }) => outcome === 'caught').length
    if (!options.json) console.log(`${patches.length} mutants: ${caught} caught, ${patches.length - caught} not`)
    process.exitCode = caught === patches.length ? 0 : 1
  } finally {
    remove()
  }
}

/** Without a bug all must pass: a test that always fails catches everything. */
async function passWithoutBug(patches, tree, running) {
  const tests = patches.flatMap((patch) => patch.tests)
  if (!options.json) console.log(`${new Set(tests.map(({ file }) => file)).size} test files without a bug …`)
  const fault = await faultWithoutBug(tests, tree, running)
  if (fault === undefined) return true
  console.error(`nothing is proven: without any bug ${shortened(fault)}\nTry: npm test`)
  process.exitCode = 1
  return false
}

async function faultWithoutBug(tests, tree, running) {
  if (tests.some(({ file }) => needsBuild(file))) {
    const { ok, output } = await build(tree, running)
    if (!ok) return `the tree does not compile:\n${output}`
  }
  const [named, whole] = [true, false].map((is) => tests.filter(({ test }) => (test !== undefined) === is))
  for (const some of [named, whole].filter((each) => each.length > 0)) {
    const failed = await firstFailure(tree, some, running)
    if (failed !== undefined) return `a test fails: ${failed}`
  }
  return undefined
}

/** The beginning of what a program has said. */
const shortened = (text) => text.split('\n').slice(0, 20).join('\n  ')

function print({ name, outcome, by, reason, unexpected }, { bug }, seconds) {
  if (options.json) return console.log(JSON.stringify({ name, bug, outcome, by, unexpected, reason, seconds }))
  const heading = name.padEnd(34)
  if (outcome === 'caught') {
    const not = unexpected ? ', not by the test that is named for it' : ''
    return console.log(`${heading} caught by: ${by}  (${seconds} s${not})`)
  }
  console.log(`${heading} ${outcome.toUpperCase()}  (${seconds} s)\n  ${bug}\n  ${shortened(reason)}`)
}

function list(patches) {
  for (const { name, bug, tests } of patches) {
    if (options.json) console.log(JSON.stringify({ name, bug, tests }))
    else
      console.log(
        `${name}\n  ${bug}\n${tests.map(({ file, test }) => `  ${file}${test ? ` › ${test}` : ''}`).join('\n')}`,
      )
  }
}

await main()
// The channel to the one that started this would keep it open.
process.exit()
