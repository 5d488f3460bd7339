import { relative } from 'node:path'
import { styleText } from 'node:util'
import { repository } from './folders.ts'

const isTerminal = process.stdout.isTTY === true
let isQuiet = false

/** From now on nothing for people is printed: the output is for a program. */
export function quiet(): void {
  isQuiet = true
}

const styled = (style: 'bold' | 'dim' | 'green' | 'yellow', text: string) =>
  isTerminal ? styleText(style, text) : text

export const bold = (text: string): string => styled('bold', text)
export const dim = (text: string): string => styled('dim', text)

export function line(text: string): void {
  if (!isQuiet) console.log(text)
}

export function step(what: string, ms: number): void {
  line(`  ${styled('green', '✓')} ${what.padEnd(58)} ${dim(seconds(ms))}`)
}

export function warn(text: string): void {
  line(`  ${styled('yellow', '!')} ${text}`)
}

export const seconds = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`)

/** A path as it is read most easily: from the repository, where it lies in it. */
export function shownPath(path: string): string {
  const inside = relative(repository, path)
  return inside.startsWith('..') ? path : inside
}

const barLength = 30

/** A bar that is written over while something goes on; nothing where the output is no terminal. */
export function progressBar(what: string, done: number, total: number): void {
  if (!isTerminal || isQuiet) return
  const full = Math.round((barLength * done) / Math.max(1, total))
  const bar = `${'█'.repeat(full)}${dim('░'.repeat(barLength - full))}`
  process.stdout.write(`\r\u001b[2K  … ${what} ${bar} ${done.toLocaleString('en')} of ${total.toLocaleString('en')}`)
}

export function endProgress(): void {
  if (isTerminal && !isQuiet) process.stdout.write('\r\u001b[2K')
}
