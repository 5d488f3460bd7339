import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Plugin } from 'vite'

/**
 * Every country's flag as a file of its own, so that a page loads those that it shows. Their address has the version of the flags
 * in it: like other built files they can be kept for ever.
 */
export function flags(): Plugin {
  const manifest = createRequire(import.meta.url).resolve('flag-icons/package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  const folder = join(dirname(manifest), 'flags', '4x3')
  const address = `assets/flags-${version}`
  return {
    name: 'flags',
    config: () => ({ define: { FLAGS: JSON.stringify(`/${address}`) } }),
    generateBundle() {
      for (const file of readdirSync(folder).filter((name) => /^[a-z]{2}\.svg$/.test(name)))
        this.emitFile({ type: 'asset', fileName: `${address}/${file}`, source: readFileSync(join(folder, file)) })
    },
  }
}
