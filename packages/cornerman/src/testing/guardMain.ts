import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, rmSync } from 'node:fs'
import type { GuardedCommand, GuardReport, GuardRequest } from './processGuard.ts'

/** The guard: see `ProcessGuard`. It lives as long as its channel, and what it has started does not live longer. */
const patienceMs = 10_000
const children = new Map<number, { child: ChildProcess; stopSignal: NodeJS.Signals }>()
const scratches = new Set<string>()

/** The channel may break at any moment: that must never end the guard before those whom it guards. */
const report = (message: GuardReport) => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

function start(id: number, command: GuardedCommand): void {
  try {
    launch(id, command)
  } catch (error) {
    report({ id, failed: error instanceof Error ? error.message : String(error) })
  }
}

function launch(id: number, of: GuardedCommand): void {
  const { command, args, env, cwd, uid, gid, logFile, stopSignal = 'SIGTERM', scratch } = of
  const log = openSync(logFile, 'a')
  const identity = uid === undefined ? {} : { uid, gid: gid ?? uid }
  if (scratch !== undefined) scratches.add(scratch)
  try {
    const child = spawn(command, args, { cwd, env: env as NodeJS.ProcessEnv, stdio: ['ignore', log, log], ...identity })
    children.set(id, { child, stopSignal })
    child.on('spawn', () => report({ id, pid: child.pid! }))
    child.on('error', (error) => {
      if (child.pid !== undefined) return
      children.delete(id)
      report({ id, failed: error.message })
    })
    child.on('exit', (code, signal) => {
      children.delete(id)
      report({ id, ended: signal ?? `exit code ${code}` })
    })
  } finally {
    closeSync(log)
  }
}

function stop(id: number): void {
  const entry = children.get(id)
  if (entry === undefined) return report({ id, ended: 'already' })
  entry.child.kill(entry.stopSignal)
  setTimeout(() => children.get(id)?.child.kill('SIGKILL'), patienceMs).unref()
}

process.on('message', (request: GuardRequest) => {
  if ('spawn' in request) start(request.id, request.spawn)
  else if ('stop' in request) stop(request.id)
  else children.get(request.id)?.child.kill(request.signal)
})

process.on('disconnect', () => {
  const check = setInterval(() => {
    if (children.size > 0) return
    clearInterval(check)
    for (const folder of scratches) rmSync(folder, { recursive: true, force: true })
    process.exit(0)
  }, 20)
  for (const id of children.keys()) {
    stop(id)
    // A process that is stopped (SIGSTOP) must wake up to end.
    children.get(id)?.child.kill('SIGCONT')
  }
  setTimeout(() => process.exit(1), patienceMs + 5_000)
})

// The terminal's signals are for the process that is guarded against; its end is what the guard waits for.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
