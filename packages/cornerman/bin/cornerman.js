#!/usr/bin/env node
// The reader of a pipe may leave before the end: `cornerman status | head`.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(`cornerman needs Node.js 22.22 or newer; this is ${process.version}\nTry: nvm install 24\n`)
  process.exitCode = 2
} else {
  const { main } = await import('../dist/cli/main.js')
  process.exitCode = await main(process.argv.slice(2))
}
