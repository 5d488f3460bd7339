import { pino } from 'pino'
import { CornermanError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { didYouMean } from '../options.ts'
import type { Context } from './context.ts'
import type { Streams } from './output.ts'

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const
type Level = (typeof levels)[number]

/**
 * What a running command tells of itself, on standard error: lines for people on a terminal, JSON lines (pino) elsewhere.
 * Standard output is for results.
 */
export function logOf({ env, streams }: Context): Logger {
  const level = levelOf(env['LOG_LEVEL'])
  if (streams.err.isTTY === true) return linesTo(streams.err, level)
  return pino({ level, base: { pid: process.pid } }, { write: (text) => void streams.err.write(text) })
}

function levelOf(given = 'info'): Level {
  const level = levels.find((each) => each === given.toLowerCase())
  if (level !== undefined) return level
  const meant = didYouMean(given, levels)
  throw new CornermanError('CONFIG_INVALID', `LOG_LEVEL is ${given}, which is no level`, {
    hint: meant === undefined ? `one of ${levels.join(', ')}` : `did you mean ${meant}?`,
  })
}

function linesTo(err: Streams['err'], least: Level): Logger {
  const write = (level: Level) => (facts: object, message: string) => {
    if (levels.indexOf(level) >= levels.indexOf(least)) err.write(`${line(level, facts, message)}\n`)
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** What a line says by itself, or what only programs ask for. */
const leftOut = ['store', 'hint', 'reason', 'pid']

/** `20:41:07  orders: the projector waits and tries again: connection refused`, then `Try:` and the hint. */
function line(level: Level, facts: object, message: string): string {
  const { projection, reason, hint, ...rest } = facts as Record<string, unknown>
  const about = Object.entries(rest)
    .filter(([name]) => !leftOut.includes(name))
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : String(value)}`)
  return [
    `${new Date().toTimeString().slice(0, 8)}  `,
    level === 'info' ? '' : `${level === 'warn' ? 'warning' : level}: `,
    projection === undefined ? '' : `${String(projection)}: `,
    message,
    reason === undefined ? '' : `: ${String(reason)}`,
    about.length === 0 ? '' : ` (${about.join('; ')})`,
    hint === undefined ? '' : `\n          Try: ${String(hint)}`,
  ].join('')
}
