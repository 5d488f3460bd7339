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

  constructor(options: ServiceOptions) {
    this.name = options.name
    this.logFile = join(options.logs, `${options.name}.log`)
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  async start(): Promise<void> {
    const { guard, script, args = [], env, cwd, scratch, onEnd } = this.#options
    this.#isStopping = false
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
    const watch = async () => {
      const how = await started.ended
      if (this.#isStopping || this.#process !== started) return
      onEnd?.(this.name, how)
      await sleep(restartMs)
      if (!this.#isStopping) await this.start()
    }
    void watch()
  }

  /** Sends a signal, as a fault would; it is started again when that ends it. */
  kill(signal: NodeJS.Signals): void {
    this.#process?.kill(signal)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#process?.stop()
  }

  lastLines(count = 5): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
  }
}

/** Waits until the address answers with success. */
export async function answering(url: string, service: Service, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const ok = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return
    if (performance.now() > deadline)
      throw new Error(
        `${service.name} does not answer at ${url}; its log, ${service.logFile}, ends with:\n${service.lastLines()}`,
      )
    await sleep(50)
  }
}
