import { parseArgs } from 'node:util'

export interface Options {
  /** Interleaved pairs; undefined for as many as the goal asks for. */
  readonly pairs: number | undefined
  /** Small sizes: to see that it works, not to measure. */
  readonly quick: boolean
  readonly json: boolean
  /** Events of the backlog that `projector` drains. */
  readonly events: number | undefined
  /** Where the projector process leaves its CPU profile. */
  readonly cpuProf: string | undefined
}

/** What the command line asks for: the help, benches to run, or what is wrong with it. */
export type Asked =
  | { readonly asked: 'help' }
  | { readonly asked: 'run'; readonly benches: readonly string[]; readonly options: Options }
  | { readonly asked: 'nonsense'; readonly message: string; readonly hint: string }

const declared = {
  pairs: { type: 'string' },
  events: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'cpu-prof': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

export function parseOptions(args: readonly string[], known: readonly string[]): Asked {
  const names = known.join(', ')
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: declared, allowPositionals: true })
    if (values.help) return { asked: 'help' }
    const unknown = positionals.find((name) => !known.includes(name))
    if (unknown !== undefined) return nonsense(`there is no bench ${unknown}`, `one of ${names}`)
    if (positionals.length === 0) return nonsense('no bench is named', `npm run bench -- <bench>, one of ${names}`)
    const count = (name: 'pairs' | 'events') => (values[name] === undefined ? undefined : positive(name, values[name]))
    const options = { pairs: count('pairs'), events: count('events'), cpuProf: values['cpu-prof'] }
    return { asked: 'run', benches: positionals, options: { ...options, quick: values.quick, json: values.json } }
  } catch (error) {
    return nonsense(error instanceof Error ? error.message : String(error), 'npm run bench -- --help')
  }
}

const nonsense = (message: string, hint: string): Asked => ({ asked: 'nonsense', message, hint })

function positive(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Error(`expected --${name} to be a positive integer, got: ${text}`)
}
