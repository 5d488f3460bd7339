// A copy of the tree in which anything may be broken: its sources are copies, its dependencies are links.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { fail, root } from './bootstrap.mjs'

/** Copies what git knows or would add, as it is now; `remove` takes it away again. */
export function scratchTree() {
  const tree = mkdtempSync(join(realpathSync(tmpdir()), 'cornerman-scratch-'))
  const remove = () => rmSync(tree, { recursive: true, force: true })
  try {
    for (const file of sources()) {
      mkdirSync(dirname(join(tree, file)), { recursive: true })
      cpSync(join(root, file), join(tree, file))
    }
    linkModules('node_modules', tree)
    for (const file of sources().filter((each) => each.endsWith(`/package.json`))) {
      const modules = join(dirname(file), 'node_modules')
      if (existsSync(join(root, modules))) symlinkSync(join(root, modules), join(tree, modules))
    }
    return { tree, remove }
  } catch (error) {
    remove()
    throw error
  }
}

function sources() {
  const { status, stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) fail('git does not list the files of this tree', 'run this in a clone of the repository')
  return stdout.split('\0').filter((file) => file !== '' && existsSync(join(root, file)))
}

/** One link for each package; those of this repository lead to the copy. */
function linkModules(folder, tree) {
  mkdirSync(join(tree, folder))
  for (const name of readdirSync(join(root, folder))) {
    const path = join(folder, name)
    const from = join(root, path)
    if (name === '.vite' || name === '.installed') continue
    if (name.startsWith('@')) linkModules(path, tree)
    else symlinkSync(isOurs(from) ? join(tree, relative(root, realpathSync(from))) : from, join(tree, path))
  }
}

const isOurs = (path) =>
  lstatSync(path).isSymbolicLink() && !realpathSync(path).startsWith(join(root, 'node_modules') + sep)
