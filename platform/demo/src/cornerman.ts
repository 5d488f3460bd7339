import { spawn } from 'node:child_process'
import { demoFolders } from './folders.ts'
import { cornermanBinary, projectionsFolder } from './platform.ts'
import { readRunning } from './state.ts'

// `npm run cornerman -- <command>`: the toolkit's command line beside the platform's projections, on the running demo.
const urls = readRunning(demoFolders())?.platform?.urls
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
