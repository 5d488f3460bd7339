import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from './commandLine.ts'
import { childrenOf, commandOf, isAlive } from './processes.ts'
import { type GuardedCommand, ProcessGuard } from './processGuard.ts'

let folder: string
let guard: ProcessGuard

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cornerman-guard-'))
  guard = new ProcessGuard()
})

afterEach(async () => {
  await guard.close()
  rmSync(folder, { recursive: true, force: true })
})

const node = (script: string): GuardedCommand => ({
  command: process.execPath,
  args: ['-e', script],
  env: {},
  logFile: join(folder, 'log'),
})

const forever = 'setInterval(() => undefined, 1000)'
const log = () => readFileSync(join(folder, 'log'), 'utf8')
const hasEnded = (pid: number) => eventually(() => (isAlive(pid) ? undefined : true), `the end of ${pid}`)

/** Whether the log has not grown since the last look; a process that ticks every few milliseconds has stopped then. */
function stillness(): () => true | undefined {
  let seen = -1
  return () => {
    const [before, now] = [seen, log().length]
    seen = now
    return now > 0 && now === before ? true : undefined
  }
}

describe('a guarded process', () => {
  test('runs, writes its log, and tells how it has ended', async () => {
    const { pid, ended } = await guard.spawn(node('console.log("out"); console.error("err"); process.exitCode = 3'))
    expect(pid).toBeGreaterThan(0)
    expect(await ended).toBe('exit code 3')
    expect(log()).toBe('out\nerr\n')
  })

  test('is stopped gently, by the signal of its choice', async () => {
    const script = `process.on('SIGINT', () => { console.log('bye'); process.exit(0) }); console.log('up'); ${forever}`
    const running = await guard.spawn({ ...node(script), stopSignal: 'SIGINT' })
    await eventually(() => (log() === 'up\n' ? true : undefined), 'its start')
    await running.stop()
    expect(await running.ended).toBe('exit code 0')
    expect(log()).toBe('up\nbye\n')
    await running.stop()
  })

  test('is killed by name of a signal', async () => {
    const running = await guard.spawn(node(forever))
    running.kill('SIGKILL')
    expect(await running.ended).toBe('SIGKILL')
  })

  test('that cannot be started is an error, whatever the reason', async () => {
    await expect(guard.spawn({ ...node(''), command: '/no/such/program' })).rejects.toThrow(
      /^\/no\/such\/program cannot be started: spawn .* ENOENT/,
    )
    await expect(guard.spawn({ ...node(''), logFile: join(folder, 'no/folder/log') })).rejects.toThrow(/ENOENT/)
    expect(await (await guard.spawn(node(''))).ended).toBe('exit code 0')
  })

  test('ends with its guard, also when a last word to this process cannot be said', async () => {
    const ended = await guard.spawn(node(''))
    const running = await guard.spawn(node(forever))
    await ended.ended
    void ended.stop()
    await guard.close()
    await hasEnded(running.pid)
  })

  test('ends with its guard, even when it is stopped', async () => {
    const running = await guard.spawn(node(`setInterval(() => console.log('tick'), 2)`))
    await eventually(() => (log().length > 0 ? true : undefined), 'its start')
    running.kill('SIGSTOP')
    await eventually(stillness(), 'its stop')
    const closedAt = performance.now()
    await guard.close()
    // Not by the force that comes after ten seconds.
    expect(performance.now() - closedAt).toBeLessThan(5_000)
    expect(isAlive(running.pid)).toBe(false)
    expect(await running.ended).toBe('with the guard')
    await expect(guard.spawn(node(forever))).rejects.toThrow('the guard is closed')
  })
})

test('the guard itself ends by nothing but the end of its channel', async () => {
  const running = await guard.spawn(node(forever))
  const guards = childrenOf(process.pid).filter((pid) => commandOf(pid).includes('guardMain'))
  expect(guards).toHaveLength(1)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(guards[0]!, signal)
  expect(await (await guard.spawn(node(''))).ended).toBe('exit code 0')
  expect(isAlive(running.pid)).toBe(true)
})

describe('when the process that started it is killed', () => {
  let starter: ChildProcess
  let pids: { guard: number; child: number }
  const scratch = () => join(folder, 'scratch')

  beforeEach(async () => {
    const source = fileURLToPath(new URL('./processGuard.ts', import.meta.url))
    const script = join(folder, 'starter.mts')
    mkdirSync(scratch())
    writeFileSync(
      script,
      `import { ProcessGuard } from ${JSON.stringify(source)}
      const command = { command: process.execPath, args: ['-e', ${JSON.stringify(forever)}], env: {}, logFile: ${JSON.stringify(join(folder, 'log'))}, scratch: ${JSON.stringify(scratch())} }
      const { pid } = await new ProcessGuard().spawn(command)
      console.log(pid)`,
    )
    starter = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(starter.stdout!, 'data')) as [Buffer]
    pids = { child: Number(line), guard: childrenOf(starter.pid!)[0]! }
    expect(isAlive(pids.child)).toBe(true)
    expect(commandOf(pids.guard)).toContain('guardMain')
  })

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('by %s, nothing is left', async (signal) => {
    starter.kill(signal)
    await hasEnded(pids.child)
    await hasEnded(pids.guard)
    expect(existsSync(scratch())).toBe(false)
  })
})
