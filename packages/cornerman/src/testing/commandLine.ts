import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from '../cli/main.ts'
import { monotonicMs, pause } from '../backoff.ts'

/** What a command line has said and done. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Running {
  /** What it has written so far. */
  readonly out: () => string
  readonly err: () => string
  /** As Ctrl-C does. */
  interrupt(): void
  readonly ended: Promise<Ran>
}

const source = fileURLToPath(new URL('..', import.meta.url))

/** A folder of a user's project, in which `cornerman` is run: in this process, with streams of its own. */
export class CommandLine {
  readonly folder = mkdtempSync(join(tmpdir(), 'cornerman-cli-'))
  readonly env: NodeJS.ProcessEnv
  isTerminal = false
  readonly #running = new Set<Running>()

  constructor(env: NodeJS.ProcessEnv = {}) {
    this.env = env
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true })
    // As an installed package would be found.
    const found = text
      .replaceAll(`'cornerman/postgres'`, `'${source}readStores/postgres/index.ts'`)
      .replaceAll(`'cornerman'`, `'${source}index.ts'`)
    writeFileSync(join(this.folder, file), found)
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8')
  }

  run(...args: string[]): Promise<Ran> {
    return this.start(...args).ended
  }

  start(...args: string[]): Running {
    const written = { out: '', err: '' }
    const to = (name: 'out' | 'err') => ({
      isTTY: this.isTerminal,
      write: (text: string) => {
        written[name] += text
        return true
      },
    })
    const interrupt = new AbortController()
    const surroundings = {
      folder: this.folder,
      env: this.env,
      streams: { out: to('out'), err: to('err') },
      signal: interrupt.signal,
    }
    const running: Running = {
      out: () => written.out,
      err: () => written.err,
      interrupt: () => interrupt.abort(),
      ended: main(args, surroundings).then((code) => {
        this.#running.delete(running)
        return { code, ...written }
      }),
    }
    this.#running.add(running)
    return running
  }

  /** Ends what still runs, and removes the folder. */
  async close(): Promise<void> {
    for (const running of this.#running) running.interrupt()
    await Promise.all([...this.#running].map((running) => running.ended))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Waits until `look` finds something, for half a minute at most. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>, what = 'it'): Promise<T> {
  const deadline = monotonicMs() + 30_000
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (monotonicMs() > deadline) throw new Error(`${what} did not happen within 30 seconds`)
    await pause(20, new AbortController().signal)
  }
}
