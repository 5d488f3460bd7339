import { styleText } from 'node:util'

const isTerminal = process.stdout.isTTY === true
const styled = (style: 'bold' | 'dim' | 'green' | 'yellow', text: string) =>
  isTerminal ? styleText(style, text) : text

export const bold = (text: string): string => styled('bold', text)
export const dim = (text: string): string => styled('dim', text)

export const line = (text: string): void => console.log(text)

export function step(what: string, ms: number): void {
  console.log(`  ${styled('green', '✓')} ${what.padEnd(52)} ${dim(seconds(ms))}`)
}

export function warn(text: string): void {
  console.log(`  ${styled('yellow', '!')} ${text}`)
}

export const seconds = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`)

/** A line that is written over while something goes on; nothing where the output is no terminal. */
export function progress(text: string): void {
  if (isTerminal) process.stdout.write(`\r\u001b[2K  … ${text}`)
}

export function endProgress(): void {
  if (isTerminal) process.stdout.write('\r\u001b[2K')
}
