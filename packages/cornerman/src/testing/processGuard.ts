import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface GuardedCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Only for root: the user and group to run as. */
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  /** Its output is appended here. */
  readonly logFile: string
  /** The signal that ends it gently. Defaults to SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
  /** A folder that is removed when this process has ended without stopping it. */
  readonly scratch?: string
}

export interface GuardedProcess {
  readonly pid: number
  /** Resolves once it has ended: `exit code 0`, `SIGKILL`. */
  readonly ended: Promise<string>
  kill(signal: NodeJS.Signals): void
  /** Ends it: gently, then after ten seconds by force. */
  stop(): Promise<void>
}

/** What goes over the channel between this process and the guard. */
export type GuardRequest =
  { id: number; spawn: GuardedCommand } | { id: number; signal: NodeJS.Signals } | { id: number; stop: true }
export type GuardReport = { id: number; pid: number } | { id: number; failed: string } | { id: number; ended: string }

/**
 * Starts processes so that none outlives this one, however it ends: a crash, `kill -9`, a closed terminal. They are children
 * of a guard in a session of its own, which ends them as soon as its channel to this process is gone.
 */
export class ProcessGuard {
  readonly #guard: ChildProcess
  readonly #reports = new Map<number, (report: GuardReport) => void>()
  #lastId = 0
  #closed: Promise<void> | undefined

  constructor() {
    const script = fileURLToPath(new URL(`./guardMain${extname(import.meta.url)}`, import.meta.url))
    this.#guard = fork(script, { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
    this.#guard.on('message', (report: GuardReport) => this.#reports.get(report.id)?.(report))
    // What it has started ends with it: nobody waits for a report any more.
    const gone = () => {
      for (const [id, report] of this.#reports) report({ id, failed: 'the guard has ended' })
      for (const [id, report] of this.#reports) report({ id, ended: 'with the guard' })
    }
    this.#guard.on('exit', gone)
    this.#guard.on('error', gone)
  }

  async spawn(command: GuardedCommand): Promise<GuardedProcess> {
    if (!this.#guard.connected) throw new Error(`${command.command} cannot be started: the guard is closed`)
    const id = ++this.#lastId
    const started = Promise.withResolvers<number>()
    const ended = Promise.withResolvers<string>()
    this.#reports.set(id, (report) => {
      if ('pid' in report) started.resolve(report.pid)
      else if ('failed' in report) started.reject(new Error(`${command.command} cannot be started: ${report.failed}`))
      else ended.resolve(report.ended)
    })
    this.#send({ id, spawn: command })
    const pid = await started.promise
    return {
      pid,
      ended: ended.promise,
      kill: (signal) => this.#send({ id, signal }),
      stop: async () => {
        this.#send({ id, stop: true })
        await ended.promise
      },
    }
  }

  /** Ends all that is still running. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    if (this.#guard.exitCode !== null || this.#guard.signalCode !== null || !this.#guard.connected) return
    const exited = once(this.#guard, 'exit')
    this.#guard.disconnect()
    await exited
  }

  #send(request: GuardRequest): void {
    if (this.#guard.connected) this.#guard.send(request)
  }
}
