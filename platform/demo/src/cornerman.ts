import { spawn } from 'node:child_process'
import { demoFolders } from './folders.ts'
import { cornermanBinary, projectionsFolder } from './platform.ts'
import { readRunning } from './state.ts'

// `npm run cornerman -- <command>`: the toolkit's command line beside the platform's projections, on the running demo.
const urls = readRunning(demoFolders())?.platform?.urls
const isHelp = process.argv.length < 3 || process.argv.some((arg) => arg === '--help' || arg === '-h')
if (urls === undefined && process.env['DATABASE_URL'] === undefined && !isHelp) {
  console.error('no demo is running, and DATABASE_URL names no other database\nTry: npm run demo')
  process.exit(1)
}
const connections =
  urls === undefined ? {} : { DATABASE_URL: urls.projectorWrite, READ_DATABASE_URL: urls.projectorRead }
const cornerman = spawn(process.execPath, [cornermanBinary, ...process.argv.slice(2)], {
  cwd: projectionsFolder,
  env: { ...process.env, ...connections },
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => cornerman.kill(signal))
process.on('disconnect', () => cornerman.kill('SIGTERM'))
process.channel?.unref()
cornerman.on('exit', (code) => (process.exitCode = code ?? 1))
