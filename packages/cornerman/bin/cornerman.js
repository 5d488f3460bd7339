#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(`cornerman needs Node.js 22.22 or newer; this is ${process.version}\nTry: nvm install 24\n`)
  process.exitCode = 2
} else {
  const { main } = await import('../dist/cli/main.js')
  process.exitCode = await main(process.argv.slice(2))
}
