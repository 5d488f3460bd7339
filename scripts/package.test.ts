import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from './bootstrap.mjs'

const source = join(root, 'packages/cornerman')

let folder: string
let tarball: string
let files: string[]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-'))
  const args = ['pack', '--json', '-w', 'cornerman', '--pack-destination', folder]
  const packed = spawnSync('npm', args, { cwd: root, encoding: 'utf8' })
  expect(packed.status, packed.stderr).toBe(0)
  tarball = join(folder, readdirSync(folder)[0]!)
  const listed = JSON.parse(packed.stdout) as
    { files: { path: string }[] }[] | Record<string, { files: { path: string }[] }>
  files = Object.values(listed)[0]!.files.map(({ path }) => path)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (script: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

describe('the packed toolkit', () => {
  test('is what publint wants', () => {
    const { status, said } = run('publint/src/cli.js', 'run', tarball, '--strict')
    expect(status, said).toBe(0)
  })

  test('has types that are right for whoever imports it (it is ESM only)', () => {
    const { status, said } = run('@arethetypeswrong/cli/dist/index.js', tarball, '--profile', 'esm-only', '--no-color')
    expect(status, said).toBe(0)
  })

  test('brings its README, its licence, its programs and nothing but what was built from the sources', () => {
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json', 'bin/cornerman.js']))
    const built = files.filter((file) => file.startsWith('dist/'))
    expect(built.length).toBeGreaterThan(100)
    const orphans = built.filter((file) => !existsSync(join(source, sourceOf(file))))
    expect(orphans, 'rm -r packages/cornerman/dist, then npm run build').toEqual([])
  })

  test('has nothing in it that its users cannot reach: no tests, nor what only our own tests use', () => {
    const { exports, bin } = manifestOf(source)
    const entries = Object.values({ ...exports, ...bin }).map((entry) =>
      typeof entry === 'string' ? entry : entry.default,
    )
    const reached = new Set<string>()
    const visit = (file: string): void => {
      if (reached.has(file) || !files.includes(file)) return
      reached.add(file)
      for (const from of importsOf(readFileSync(join(source, file), 'utf8'))) reach(join(dirname(file), from))
    }
    const reach = (module: string) => {
      visit(module)
      if (module.startsWith('dist/')) visit(module.replace(/\.js$/, '.d.ts'))
    }
    for (const entry of entries.filter((each) => each.endsWith('.js'))) reach(join(entry))
    const built = files.filter((file) => file.startsWith('dist/'))
    expect(built.filter((file) => !reached.has(file))).toEqual([])
  })

  test('imports nothing that it does not declare', () => {
    const manifest = manifestOf(source)
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    const imported = files
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => [
        ...readFileSync(join(source, file), 'utf8').matchAll(/^(?:import|export) .*?from '([^.][^']*)'/gm),
      ])
      .map(([, from]) => from!)
      .filter((from) => !from.startsWith('node:'))
      .map((from) =>
        from
          .split('/')
          .slice(0, from.startsWith('@') ? 2 : 1)
          .join('/'),
      )
    expect([...new Set(imported)].filter((name) => !declared.includes(name) && name !== 'cornerman')).toEqual([])
  })

  test('needs no install script, nor does anything that it brings', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean; dependencies?: Record<string, string> }>
    }
    const seen = new Set<string>()
    const visit = (place: string): void => {
      if (seen.has(place)) return
      seen.add(place)
      for (const name of Object.keys(lock.packages[place]?.dependencies ?? {}))
        visit(resolved(lock.packages, place, name))
    }
    visit('packages/cornerman')
    expect(seen.size).toBeGreaterThan(10)
    expect([...seen].filter((place) => lock.packages[place]?.hasInstallScript === true)).toEqual([])
    const { scripts = {} } = manifestOf(source)
    expect(Object.keys(scripts).filter((name) => /install/.test(name))).toEqual([])
  })
})

/** Modules of the package itself; the process that guards others is started by its file. */
const importsOf = (text: string): string[] => [
  ...[...text.matchAll(/(?:from |import\()'(\.[^']*)'/g)].map(([, from]) => from!.replace(/\.ts$/, '.js')),
  ...[...text.matchAll(/new URL\(`(\.[^$]*)\$/g)].map(([, from]) => `${from}.js`),
]

interface Manifest {
  exports: Record<string, string | { default: string }>
  bin: Record<string, string>
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

const manifestOf = (of: string) => JSON.parse(readFileSync(join(of, 'package.json'), 'utf8')) as Manifest

const sourceOf = (file: string) => file.replace(/^dist\//, 'src/').replace(/(\.d\.ts|\.js)$/, '.ts')

/** Where Node finds a package from there: in its own node_modules, or in one above. */
function resolved(packages: Record<string, unknown>, from: string, name: string): string {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (place in packages) return place
    if (at === '') return place
  }
}
