import type { Command } from 'commander'

/** The options of every command that reads the configuration. */
export function commonOptions(command: Command): Command {
  return jsonOption(
    command.option(
      '--config <file>',
      'the configuration (default: cornerman.config.ts, .mts, .js or .mjs of this folder)',
    ),
  )
}

export const jsonOption = (command: Command): Command => command.option('--json', 'print one JSON value for programs')

export const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`

/** For an option that may be given again. */
export const repeated = (value: string, before: string[] = []): string[] => [...before, value]
