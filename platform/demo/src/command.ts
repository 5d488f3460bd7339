import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { endProgress } from './output.ts'

/** Something that a user can mend: what is wrong, and what to try. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly hint: string
  /** 1: it could not be done; 2: it was not understood; 130: it was interrupted. */
  readonly exitCode: 1 | 2 | 130

  constructor(message: string, hint: string, exitCode: 1 | 2 | 130 = 1) {
    super(message)
    this.hint = hint
    this.exitCode = exitCode
  }
}

export interface Command<T extends ParseArgsOptionsConfig> {
  /** As one types it: `npm run demo`. */
  name: string
  help: string
  options: T
  /** What to try when it was stopped in the middle. */
  ifStopped?: string
  /** The exit code. `stop` is aborted when the process is to end: see `stopSignal`. */
  run(values: Values<T>, args: string[], stop: AbortSignal): Promise<number>
}

type Values<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
>['values']

const interrupted = 130

/** Runs a command of this package: its options, its help, and its faults with what to try. Sets the exit code. */
export async function runCommand<const T extends ParseArgsOptionsConfig>(command: Command<T>): Promise<void> {
  const stop = stopSignal()
  try {
    process.exitCode = await parsed(command, stop)
  } catch (error) {
    // The signal of a terminal ends children first: what they say then is no fault.
    await new Promise((resolve) => setImmediate(resolve))
    const { ifStopped = `run it again: ${command.name}` } = command
    process.exitCode = tell(stop.aborted ? new Refused('stopped before it was done', ifStopped, interrupted) : error)
  }
}

async function parsed<const T extends ParseArgsOptionsConfig>(command: Command<T>, stop: AbortSignal): Promise<number> {
  const { name, help, options, run } = command
  const args = process.argv.slice(2)
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help)
    return 0
  }
  const { values, positionals } = understood(name, () =>
    parseArgs({ args, options, allowPositionals: true, strict: true }),
  )
  return run(values, positionals, stop)
}

function understood<R>(name: string, parse: () => R): R {
  try {
    return parse()
  } catch (error) {
    // The rest of the message is about arguments that begin with a dash.
    const [what] = (error as Error).message.split('. To ')
    throw new Refused(what!, `${name} -- --help`, 2)
  }
}

/** Says what went wrong; returns the exit code. */
function tell(error: unknown): number {
  endProgress()
  const known = error instanceof Refused
  if (process.argv.includes('--json')) {
    const facts = known ? { message: error.message, hint: error.hint } : { message: String(error) }
    console.log(JSON.stringify({ error: facts }, null, 2))
  } else if (known) console.error(`${error.message}\nTry: ${error.hint}`)
  else console.error(error)
  return known ? error.exitCode : 1
}

// Ctrl-C comes from the terminal and, once more, from the process that started this one.
const sameMs = 500

/**
 * Aborted when this process is to end: by a signal, or because the process that started it is gone. A second signal does not
 * wait for anything: what has been started ends by its guard.
 */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  let firstAt: number | undefined
  const onSignal = () => {
    firstAt ??= performance.now()
    if (performance.now() - firstAt > sameMs) process.exit(interrupted)
    stop.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  process.on('disconnect', () => stop.abort())
  // The channel alone is no reason to go on.
  process.channel?.unref()
  return stop.signal
}
