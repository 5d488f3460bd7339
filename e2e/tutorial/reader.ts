import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { type CommandStep, type FileStep, matches, type Step } from './page.ts'

/** Somebody who follows a tutorial to the letter, in one folder, with several terminals. */
export class Reader {
  readonly #folder: string
  readonly #env: NodeJS.ProcessEnv
  readonly #terminals = new Map<string, Terminal>()

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder
    this.#env = env
  }

  async follow(step: Step): Promise<void> {
    if (step.kind === 'command') return step.terminal === undefined ? this.#run(step) : this.#runIn(step.terminal, step)
    return step.kind === 'file' ? this.#write(step) : this.#edit(step)
  }

  #write({ name, text }: FileStep): void {
    mkdirSync(dirname(join(this.#folder, name)), { recursive: true })
    writeFileSync(join(this.#folder, name), text)
  }

  #edit({ name, text }: FileStep): void {
    const file = join(this.#folder, name)
    const before = readFileSync(file, 'utf8').split('\n')
    const [first = ''] = text.split('\n')
    const place = before.findIndex((line) => line.startsWith(first))
    expect(place, `${name} has a line that begins with ${first}`).toBeGreaterThanOrEqual(0)
    writeFileSync(file, before.with(place, text.trimEnd()).join('\n'))
  }

  /** What only looks may be looked at again: a reader takes longer to type than a projector to project. */
  async #run({ command, output, line }: CommandStep): Promise<void> {
    const looks = /cornerman status|"select /.test(command)
    const deadline = performance.now() + 60_000
    for (;;) {
      const terminal = this.#open(command)
      await terminal.ended
      if (matches(output, terminal.printed)) return
      if (!looks || performance.now() > deadline)
        return expect(terminal.printed, `what \`${command}\` prints (line ${line})`).toBe(output)
    }
  }

  async #runIn(name: string, { command, output, line }: CommandStep): Promise<void> {
    const open = this.#terminals.get(name)
    if (command === '^C') return open!.interrupt()
    const terminal = this.#open(command)
    this.#terminals.set(name, terminal)
    const isThere = await terminal.until((printed) => matches(`…\n${output}\n…`, printed))
    if (!isThere) expect(terminal.printed, `what \`${command}\` prints (line ${line})`).toBe(output)
  }

  #open = (command: string) => new Terminal(command, this.#folder, this.#env)

  async leave(): Promise<void> {
    for (const terminal of [...this.#terminals.values()].toReversed()) await terminal.interrupt()
  }
}

/** A command in a process group of its own, as a terminal runs it; it also ends when this process does, however that ends. */
class Terminal {
  printed = ''
  readonly ended: Promise<void>
  readonly #process: ChildProcess
  #onPrinted: () => void = () => undefined

  constructor(command: string, cwd: string, env: NodeJS.ProcessEnv) {
    const guarded = `(cat > /dev/null <&3; kill -INT 0) > /dev/null 2>&1 &\n${command}`
    this.#process = spawn('bash', ['-c', guarded], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    for (const stream of [this.#process.stdout!, this.#process.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.printed += text.replaceAll(/^\{"level".*\n/gm, asOnATerminal)
        this.#onPrinted()
      })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#process.on('exit', () => this.#process.stdio[3]!.destroy())
    this.#process.on('close', () => {
      resolve()
      this.#onPrinted()
    })
    this.ended = promise
  }

  /** Waits for the condition on what is printed; `false` when the command ends, or a minute passes, without it. */
  async until(isEnough: (printed: string) => boolean): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), 60_000)
    this.#onPrinted = () => {
      if (isEnough(this.printed)) resolve(true)
      else if (this.#process.exitCode !== null) resolve(false)
    }
    this.#onPrinted()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#onPrinted = () => undefined
    }
  }

  async interrupt(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      process.kill(-this.#process.pid!, 'SIGINT')
    await this.ended
  }
}

/** On a terminal a log is lines for people; into a pipe it is JSON. The page shows what a person sees. */
function asOnATerminal(json: string): string {
  const { projection, msg, version } = JSON.parse(json) as { projection?: string; msg: string; version?: number }
  return `00:00:00  ${projection === undefined ? '' : `${projection}: `}${msg} (version ${version})\n`
}
