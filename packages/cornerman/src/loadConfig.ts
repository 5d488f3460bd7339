import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Config } from './config.ts'
import { CornermanError, messageOf } from './errors.ts'

export const configFiles = ['ts', 'mts', 'js', 'mjs'].map((extension) => `cornerman.config.${extension}`)

/** Loads the configuration from a file, `cornerman.config.*` of the folder unless another is given. */
export async function loadConfig(folder: string, file?: string): Promise<Config> {
  const path = findConfig(folder, file)
  const { default: config } = await load(path)
  if (isConfig(config)) return config
  throw new CornermanError('CONFIG_INVALID', `${path} has no configuration as its default export`, {
    hint: 'export default defineConfig({ projections: [ … ] })',
  })
}

function findConfig(folder: string, file: string | undefined): string {
  const candidates = file === undefined ? configFiles : [file]
  const path = candidates.map((name) => resolve(folder, name)).find(existsSync)
  if (path !== undefined) return path
  const message =
    file === undefined ? `there is no ${configFiles[0]} in ${folder}` : `there is no file ${resolve(folder, file)}`
  throw new CornermanError('CONFIG_NOT_FOUND', message, {
    hint: 'run this where the configuration lies, or name it with --config; `cornerman init` writes a first one',
  })
}

const isConfig = (value: unknown): value is Config =>
  Array.isArray((value as Config | undefined)?.projections) && typeof (value as Config).settings === 'object'

async function load(path: string): Promise<{ default?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { default?: unknown }
  } catch (error) {
    // A definition that is wrong says so itself, better than we could.
    if (error instanceof CornermanError) throw error
    throw new CornermanError('CONFIG_INVALID', `${path} cannot be loaded: ${messageOf(error)}${placeOf(error, path)}`, {
      hint: hintFor(error),
      cause: error,
    })
  }
}

/** The line of the author's own code that threw: the first of the stack that is in no package. */
function placeOf(error: unknown, path: string): string {
  const frames = error instanceof Error ? (error.stack ?? '').split('\n') : []
  const own = frames.find((frame) => /^(\s+at |file:)/.test(frame) && !/node_modules|\(node:/.test(frame)) ?? ''
  const [, file, line] = /(?:file:\/\/)?(\/[^\s()]+?):(\d+)/.exec(own) ?? []
  return file === undefined ? '' : ` (${relative(resolve(path, '..'), decodeURI(file))}, line ${line})`
}

function hintFor(error: unknown): string {
  const code = String((error as { code?: unknown } | null)?.code)
  const message = messageOf(error)
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return 'Node runs TypeScript by stripping its types: enums, namespaces and parameter properties cannot be used here'
  if (code === 'ERR_MODULE_NOT_FOUND')
    return message.includes('package')
      ? 'install it: npm install'
      : "imports name files with their extension: './projections/orders.ts'"
  if (message.includes('outside a module') || message.includes("Unexpected token 'export'"))
    return 'the package.json of this folder makes it CommonJS: set "type": "module" there, or name the files .mts'
  return 'mend it where it fails, then run this again'
}
