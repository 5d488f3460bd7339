import { defineConfig } from 'vite'
import { flags } from './flags.ts'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [flags()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of this page allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
