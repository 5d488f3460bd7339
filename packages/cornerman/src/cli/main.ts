import { Command, CommanderError } from 'commander'
import { readFileSync } from 'node:fs'
import { CornermanError } from '../errors.ts'
import { checkCommand } from './check.ts'
import { addEnvFile, type CommandOf, type Context } from './context.ts'
import { asCornermanError, interrupted } from './fault.ts'
import { initCommand } from './init.ts'
import { migrateCommand } from './migrate.ts'
import { outboxCommand } from './outbox.ts'
import { printError, type Streams } from './output.ts'
import { projectCommand } from './project.ts'
import { refreshCommand } from './refresh.ts'
import { retryCommand } from './retry.ts'
import { statusCommand } from './status.ts'

const commands: readonly CommandOf[] = [
  initCommand,
  migrateCommand,
  checkCommand,
  projectCommand,
  statusCommand,
  retryCommand,
  refreshCommand,
  outboxCommand,
]

/** Where a command line runs; the process's own, unless said otherwise. */
export interface Surroundings {
  readonly folder?: string
  /** Is given what `.env` of the folder says. */
  readonly env?: NodeJS.ProcessEnv
  readonly streams?: Streams
  /** Ends the command as Ctrl-C does; in its place, if given. */
  readonly signal?: AbortSignal
}

/** Runs one command line. Returns the exit code: 0 done, 1 not done or problems found, 2 not understood, 130 interrupted. */
export async function main(args: readonly string[], surroundings: Surroundings = {}): Promise<number> {
  const { folder = process.cwd(), env = process.env, signal } = surroundings
  const streams = surroundings.streams ?? { out: process.stdout, err: process.stderr }
  if (signal !== undefined) return run(args, { folder, env, streams, signal })
  const interrupt = new AbortController()
  // Once: a second Ctrl-C ends the process as if nobody listened.
  const stop = () => interrupt.abort(interrupted())
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop)
  try {
    return await run(args, { folder, env, streams, signal: interrupt.signal })
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, stop)
  }
}

async function run(args: readonly string[], where: Required<Surroundings>): Promise<number> {
  const context: Context = { ...where, exit: { code: 0 } }
  const program = programOf(context)
  const json = args.includes('--json')
  try {
    addEnvFile(where.folder, where.env)
    await program.parseAsync([...args], { from: 'user' })
    return context.exit.code
  } catch (error) {
    if (error instanceof CommanderError) return notUnderstood(program, args, error, context.streams, json)
    const isInterrupted = context.signal.aborted
    const known = asCornermanError(error)
    // A connection that the interrupt has cut is not what went wrong.
    printError(context.streams, isInterrupted && known.code !== 'INTERRUPTED' ? interrupted() : known, json)
    return isInterrupted ? 130 : known.code === 'COMMAND_INVALID' ? 2 : 1
  }
}

/** Help that was asked for is no error; a command line that cannot be understood is one like any other. */
function notUnderstood(
  program: Command,
  args: readonly string[],
  error: CommanderError,
  streams: Streams,
  json: boolean,
): number {
  if (error.exitCode === 0) return 0
  // Help in place of a command that is missing; it has been printed.
  if (error.code === 'commander.help') return 2
  const message = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ')
  const hint = `${commandPath(program, args)} --help`
  printError(streams, new CornermanError('COMMAND_INVALID', message, { hint }), json)
  return 2
}

/** `cornerman outbox trigger`: as far as the arguments name commands. */
function commandPath(program: Command, args: readonly string[]): string {
  const [name, ...rest] = args
  const command = program.commands.find((each) => each.name() === name)
  return command === undefined ? program.name() : `${program.name()} ${commandPath(command, rest)}`
}

function programOf(context: Context): Command {
  const program = new Command('cornerman')
    .description(
      'Keeps CQRS read models honest: projections as queries over PostgreSQL, fed by an outbox that never skips an event.',
    )
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.streams.out.write(text),
      writeErr: (text) => context.streams.err.write(text),
      // Printed as every other error is.
      outputError: () => undefined,
    })
    .addHelpText('after', help)
  for (const add of commands) add(program, context)
  for (const command of program.commands) inherit(command, program)
  return program
}

const help = `
Connections come from the environment, or from .env of this folder:
  DATABASE_URL       the primary: the database of the write side
  READ_DATABASE_URL  where read models in PostgreSQL live; may be the same

Begin with: cornerman init`

function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inherit(child, command)
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
