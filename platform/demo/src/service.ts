import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GuardedProcess, ProcessGuard } from 'cornerman/testing'

export interface ServiceOptions {
  name: string
  script: string
  args?: readonly string[]
  env: Readonly<Record<string, string>>
  cwd?: string
  logs: string
  /** A folder that goes when this process has ended without stopping the service. */
  scratch?: string
  guard: ProcessGuard
  /** Told when it has ended by itself. */
  onEnd?: (name: string, how: string) => void
}

const restartMs = 1_000

/** One of the platform's processes. What ends by itself is started again. */
export class Service {
  readonly name: string
  readonly logFile: string
  readonly #options: ServiceOptions
  #process: GuardedProcess | undefined
  #isStopping = false
  #ends = 0

  constructor(options: ServiceOptions) {
    this.name = options.name
    this.logFile = join(options.logs, `${options.name}.log`)
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** How often it has ended by itself. */
  get ends(): number {
    return this.#ends
  }

  async start(): Promise<void> {
    this.#isStopping = false
    await this.#spawn()
  }

  async #spawn(): Promise<void> {
    const { guard, script, args = [], env, cwd, scratch } = this.#options
    const { PATH, HOME, NODE_OPTIONS } = process.env
    const started = await guard.spawn({
      command: process.execPath,
      args: [script, ...args],
      env: { PATH, HOME, NODE_OPTIONS, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      ...(scratch === undefined ? {} : { scratch }),
      logFile: this.logFile,
    })
    this.#process = started
    void started.ended.then((how) => this.#startAgain(how))
  }

  async #startAgain(how: string): Promise<void> {
    if (this.#isStopping) return
    this.#ends++
    this.#options.onEnd?.(this.name, how)
    for (;;) {
      await sleep(restartMs)
      if (this.#isStopping) return
      try {
        return await this.#spawn()
      } catch (error) {
        this.#options.onEnd?.(this.name, messageOf(error))
      }
    }
  }

  /** Sends a signal, as a fault would; it is started again when that ends it. */
  kill(signal: NodeJS.Signals): void {
    this.#process?.kill(signal)
  }

  /** From now on it is not started again. */
  abandon(): void {
    this.#isStopping = true
  }

  async stop(): Promise<void> {
    this.abandon()
    await this.#process?.stop()
  }

  lastLines(count = 5): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
  }
}

// A machine that is busy with other things takes its time.
const patienceMs = 180_000
const endsMax = 3

/** Waits until the address answers with success. A service that ends again and again will not. */
export async function answering(url: string, service: Service): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const ok = await fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return
    if (performance.now() > deadline || service.ends >= endsMax) {
      const what = service.ends >= endsMax ? 'ends again and again' : `does not answer at ${url}`
      throw new Error(`${service.name} ${what}; its log, ${service.logFile}, ends with:\n${service.lastLines()}`)
    }
    await sleep(50)
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
