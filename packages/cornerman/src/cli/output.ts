import type { CornermanError } from '../errors.ts'

/** Where a command writes: text for people, one JSON value for programs. */
export interface Output {
  readonly json: boolean
  /** A line for people; nothing with --json. */
  line(text?: string): void
  /** A line for people about what goes on, on standard error. */
  progress(text: string): void
  /** The result; printed with --json only. */
  result(value: unknown): void
}

export interface Streams {
  readonly out: { write(text: string): unknown; isTTY?: boolean }
  readonly err: { write(text: string): unknown; isTTY?: boolean }
}

export function outputTo({ out, err }: Streams, json: boolean): Output {
  return {
    json,
    line: (text = '') => {
      if (!json) out.write(`${text}\n`)
    },
    progress: (text) => {
      if (!json) err.write(`${text}\n`)
    },
    result: (value) => {
      if (json) out.write(`${JSON.stringify(value, null, 2)}\n`)
    },
  }
}

/** An error as a command prints it: what, then `Try:` and what to do about it. */
export function printError({ err, out }: Streams, { code, message, hint }: CornermanError, json: boolean): void {
  if (json) out.write(`${JSON.stringify({ error: { code, message, hint } }, null, 2)}\n`)
  else err.write(`${code}: ${message}\n${hint === undefined ? '' : `Try: ${hint}\n`}`)
}

/** Columns side by side, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((max, row) => row.map((cell, i) => Math.max(max[i] ?? 0, cell.length)), [])
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** `1 key`, `3 keys`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

/** `3 ms`, `1.4 s`, `12 min`, `3 h`, `2 d`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 90_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`
}

/** A time as PostgreSQL prints it, to the second: `2026-11-23 20:41:07 UTC`. */
export const time = (timestamp: string): string =>
  `${new Date(timestamp.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')).toISOString().slice(0, 19).replace('T', ' ')} UTC`
