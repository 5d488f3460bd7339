import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Folders, readRunning, repository, type Running, temporaryFolders } from '@platform/demo'
import { childrenOf, commandOf, isAlive } from 'cornerman/testing'

const patienceMs = 120_000

/** A folder for demos and imports of a test, and what was launched on it. */
export class LaunchPad {
  readonly folders: Folders = temporaryFolders()
  readonly #launched: Launched[] = []

  /** `main` or `import` of the demo, as `npm run` starts it in the end. */
  node(script: 'main' | 'import', ...args: string[]): Launched {
    return this.#launch(process.execPath, [join('platform', 'demo', 'dist', `${script}.js`), ...args])
  }

  /** What `npm run` starts first. */
  task(...args: string[]): Launched {
    return this.#launch(process.execPath, [join('scripts', 'run.mjs'), ...args])
  }

  npm(...args: string[]): Launched {
    return this.#launch('npm', args)
  }

  #launch(command: string, args: string[]): Launched {
    const launched = new Launched(this.folders, command, args)
    this.#launched.push(launched)
    return launched
  }

  running(): Running | undefined {
    return readRunning(this.folders)
  }

  /** Ends what still runs, and removes the folder. */
  async close(): Promise<void> {
    for (const launched of this.#launched) {
      const tree = launched.tree()
      await launched.kill('SIGKILL')
      // PostgreSQL writes into its folder until it has ended.
      await launched.leftOf(tree)
    }
    rmSync(this.folders.base, { recursive: true, force: true })
  }
}

/** A process that a user would start from a terminal, with all that it starts. */
export class Launched {
  readonly #child: ChildProcess
  readonly #folders: Folders
  readonly #ended: Promise<number | NodeJS.Signals>
  #out = ''
  #err = ''

  constructor(folders: Folders, command: string, args: string[]) {
    this.#folders = folders
    this.#child = spawn(command, args, {
      cwd: repository,
      env: { ...process.env, CORNERMAN_DEMO_FOLDER: folders.base, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.#out += text))
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#err += text))
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => code ?? signal)
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get pid(): number {
    return this.#child.pid!
  }

  get out(): string {
    return this.#out
  }

  /** What it has written, and its exit code or the signal that ended it. */
  async ended(): Promise<{ code: number | NodeJS.Signals; out: string; err: string }> {
    const code = await Promise.race([this.#ended, sleep(patienceMs, undefined, { ref: false })])
    if (code === undefined) throw new Error(`it has not ended: ${this.#out}${this.#err}`)
    return { code, out: this.#out, err: this.#err }
  }

  /** Waits until it has written that. */
  async says(text: string): Promise<void> {
    await this.until(`it says ${JSON.stringify(text)}`, () => this.#out.includes(text))
  }

  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + patienceMs
    while (!(await condition())) {
      if (performance.now() > deadline || this.#child.exitCode !== null)
        throw new Error(`not so: ${what}. It has written:\n${this.#out}${this.#err}`)
      await sleep(20)
    }
  }

  /** Every process that it has started, directly or not: number → command line. */
  tree(): Map<number, string> {
    const found = new Map<number, string>()
    const add = (pid: number) => {
      found.set(pid, commandOf(pid))
      for (const child of childrenOf(pid)) add(child)
    }
    if (this.isRunning) add(this.pid)
    return found
  }

  async kill(signal: NodeJS.Signals, pid = this.pid): Promise<void> {
    if (!this.isRunning) return
    process.kill(pid, signal)
    if (pid === this.pid && signal === 'SIGKILL') await this.#ended
  }

  /** Waits until none of these processes runs, nor PostgreSQL on the folder. Returns those that do not end. */
  async leftOf(tree: ReadonlyMap<number, string>): Promise<string[]> {
    const lock = join(this.#folders.postgres, 'postmaster.pid')
    const left = () => {
      const postmaster = existsSync(lock) ? Number.parseInt(readFileSync(lock, 'utf8'), 10) : undefined
      const all = new Map(tree)
      if (postmaster !== undefined) all.set(postmaster, 'the postmaster of the lock file')
      return [...all].filter(([pid]) => isAlive(pid)).map(([pid, command]) => `${pid} ${command}`)
    }
    const deadline = performance.now() + 20_000
    while (left().length > 0 && performance.now() < deadline) await sleep(50)
    return left()
  }
}
