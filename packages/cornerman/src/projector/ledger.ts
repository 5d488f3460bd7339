import { CornermanError } from '../errors.ts'

export interface EventCounts {
  readonly irrelevant: number
  readonly keyed: number
  readonly fannedOut: number
  readonly parked: number
}

export interface KeyCounts {
  readonly written: number
  readonly fenced: number
  readonly parked: number
}

/**
 * The double entry of a batch: what went in on one side, what became of each event and each key on the other. A batch whose
 * ledger does not balance is not committed, whatever the reason: nothing may vanish between a feed and a store.
 */
export class Ledger {
  readonly title: string
  readonly #problems: string[] = []

  constructor(title: string) {
    this.title = title
  }

  /** events in = irrelevant + keyed + fanned out + parked */
  events(eventsIn: number, counts: EventCounts): void {
    this.#balance('events', eventsIn, { ...counts })
  }

  /** keys = written + fenced + parked, for each generation by itself. */
  keys(generation: string, keysIn: number, counts: KeyCounts): void {
    this.#balance(`keys of ${generation}`, keysIn, { ...counts })
  }

  /** Enters what another ledger of the same batch has found. */
  take(part: Ledger): void {
    this.#problems.push(...part.#problems)
  }

  assertBalanced(): void {
    if (this.#problems.length === 0) return
    throw new CornermanError(
      'LEDGER_UNBALANCED',
      `the ledger of ${this.title} does not balance: ${this.#problems.join('; ')}`,
      {
        hint: 'the batch is not committed and is tried again; if this stays, report it with this line: a store or a feed has lost something',
      },
    )
  }

  #balance(what: string, inCount: number, out: Record<string, number>): void {
    const sum = Object.values(out).reduce((a, b) => a + b, 0)
    if (sum === inCount) return
    const parts = Object.entries(out).map(([name, count]) => `${count} ${name}`)
    this.#problems.push(`${inCount} ${what} in, but ${parts.join(' + ')} = ${sum} out`)
  }
}
