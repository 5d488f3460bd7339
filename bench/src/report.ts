import { loadavg } from 'node:os'
import type { Compared } from './pairs.ts'

/** What a comparison has to reach: its ratio at least, or at most, so much. */
type Goal = { readonly atLeast: number } | { readonly atMost: number }

export interface Line {
  readonly bench: string
  /** What `ours` and `ceiling` count: `transactions/s`. */
  readonly unit: string
  readonly compared: Compared
  readonly goal: Goal
  /** A condition beside the ratio. */
  readonly also?: boolean
  /** What else was seen. */
  readonly facts?: Readonly<Record<string, unknown>>
}

const rounded = (value: number) => Number(value.toPrecision(4))
const goalText = (goal: Goal) => ('atLeast' in goal ? `ratio >= ${goal.atLeast}` : `ratio <= ${goal.atMost}`)

export function isMet({ compared, goal, also = true }: Line): boolean {
  return also && ('atLeast' in goal ? compared.ratio >= goal.atLeast : compared.ratio <= goal.atMost)
}

/** One JSON line for programs on standard output; a sentence for people on standard error, unless `--json` wants none. */
export class Report {
  readonly #json: boolean

  constructor({ json }: { json: boolean }) {
    this.#json = json
  }

  line(line: Line): void {
    const { bench, unit, compared, goal, facts = {} } = line
    const [low, high] = compared.interval.map(rounded) as [number, number]
    const figures = { ours: rounded(compared.ours), ceiling: rounded(compared.ceiling), ratio: rounded(compared.ratio) }
    const verdict = { goal: goalText(goal), met: isMet(line) }
    const json = { bench, unit, ...figures, interval: [low, high], pairs: compared.pairs, ...verdict }
    process.stdout.write(`${JSON.stringify({ ...json, ...facts, load: rounded(loadavg()[0]!) })}\n`)
    this.say(
      `${bench}: ours ${figures.ours}, ceiling ${figures.ceiling} ${unit}; ratio ${figures.ratio} [${low}, ${high}] ` +
        `over ${compared.pairs} pairs; goal ${verdict.goal}: ${verdict.met ? 'met' : 'MISSED'}`,
    )
  }

  say(text: string): void {
    if (!this.#json) process.stderr.write(`${text}\n`)
  }
}
