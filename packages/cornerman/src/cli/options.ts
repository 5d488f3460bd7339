import type { Command } from 'commander'

/** The options that every command has. */
export function commonOptions(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration (default: cornerman.config.ts, .mts, .js or .mjs of this folder)')
    .option('--json', 'print one JSON value for programs')
}

export const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`

/** For an option that may be given again. */
export const repeated = (value: string, before: string[] = []): string[] => [...before, value]
