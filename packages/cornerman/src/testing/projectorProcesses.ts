import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProjectorSettings } from '../projector/settings.ts'
import type { Strike } from './instants.ts'
import { type GuardedProcess, ProcessGuard } from './processGuard.ts'
import { until } from './waits.ts'

const main = fileURLToPath(new URL('projectorMain.ts', import.meta.url))

/** Projectors of the inventory as processes of their own; none outlives this one. */
export class ProjectorProcesses {
  readonly #guard = new ProcessGuard()
  readonly #folder = mkdtempSync(join(tmpdir(), 'cornerman-projectors-'))
  #count = 0

  async start(
    urls: Readonly<Record<string, string>>,
    options: { strike?: Strike; settings?: Partial<ProjectorSettings> } = {},
  ): Promise<ProjectorProcess> {
    const logFile = join(this.#folder, `${++this.#count}.log`)
    const { PATH, HOME } = process.env
    const guarded = await this.#guard.spawn({
      command: process.execPath,
      args: [main],
      env: {
        PATH,
        HOME,
        ...urls,
        SETTINGS: JSON.stringify(options.settings ?? {}),
        ...(options.strike === undefined ? {} : { STRIKE: JSON.stringify(options.strike) }),
      },
      logFile,
    })
    return new ProjectorProcess(guarded, logFile)
  }

  async close(): Promise<void> {
    await this.#guard.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export class ProjectorProcess {
  readonly #guarded: GuardedProcess
  readonly #logFile: string

  constructor(guarded: GuardedProcess, logFile: string) {
    this.#guarded = guarded
    this.#logFile = logFile
  }

  /** Resolves once it has ended: `SIGKILL`, `exit code 0`. */
  get ended(): Promise<string> {
    return this.#guarded.ended
  }

  kill(signal: NodeJS.Signals): void {
    this.#guarded.kill(signal)
  }

  stop(): Promise<void> {
    return this.#guarded.stop()
  }

  /** What it has said so far. */
  log(): string {
    return readFileSync(this.#logFile, 'utf8')
  }

  async says(text: string | RegExp): Promise<void> {
    const isSaid = () => (typeof text === 'string' ? this.log().includes(text) : text.test(this.log()))
    await until(`the projector says "${text}"`, isSaid).catch((error: unknown) => {
      throw new Error(`${String(error)}; it has said:\n${this.log().slice(-3_000)}`)
    })
  }

  isActive = (): Promise<void> => this.says(/^projecting /m)
  standsBy = (): Promise<void> => this.says(/standing by/)
}
