import { writeSync } from 'node:fs'
import { Client, type QueryArrayResult, type QueryResult } from 'pg'
import type { ReadStore } from '../readStore.ts'
import type { StoreWrapper } from './things.ts'

/**
 * The instants of a projector's life (design, "Projector"), told apart from outside: by the statements that go to PostgreSQL
 * and the calls that go to the read store. The code under test has no hook for it.
 *
 * Instants of a batch are those of the batch that `shelfEvent` is in; of a fan-out, those after it was made durable.
 */
export type Instant =
  | 'the batch is read'
  | 'the stale keys are computed'
  | 'the version and the snapshot are taken'
  | 'document has run'
  | 'the attempt is committed'
  | 'the building generation is written and the live one is not'
  | 'every generation is written'
  | 'the ledger has balanced'
  | 'the documents are searchable'
  | 'the watermark is in the building generation only'
  | 'the watermark is in the store'
  | 'the checkpoint is saved'
  | 'the fan-out is durable'
  | 'a chunk of the fan-out is written'
  | 'the progress of the fan-out is noted'
  | 'all chunks of the fan-out are written'
  | 'the fan-out is done'
  | 'the first generation is made'
  | 'the first generation is in the catalog'
  | 'some keys of the first build are written'
  | 'the switch is announced'
  | 'the first generation is about to be promoted'
  | 'the first generation is promoted'
  | 'the promotion is noted'

export interface Strike {
  readonly instant: Instant
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

/** The event whose batch is looked at names the keys of this shelf. */
export const shelfEvent = { type: 'ShelfChanged', shelf: 1 } as const
export const liveNumber = 1

/** Which instant comes before a statement is sent, or after its answer. */
const statements: readonly { when: 'before' | 'after'; text: RegExp; instant: Instant }[] = [
  { when: 'after', text: /published\.things where shelf = /, instant: 'the stale keys are computed' },
  { when: 'after', text: /nextval\('cornerman\.version'\)/, instant: 'the version and the snapshot are taken' },
  { when: 'after', text: /^with keys as/, instant: 'document has run' },
  { when: 'after', text: /^update cornerman\.checkpoints set position/, instant: 'the checkpoint is saved' },
  { when: 'after', text: /^insert into cornerman\.fanouts .*event_type/, instant: 'the fan-out is durable' },
  { when: 'after', text: /^update cornerman\.fanouts set phase/, instant: 'the progress of the fan-out is noted' },
  {
    when: 'before',
    text: /^delete from cornerman\.fanouts where id/,
    instant: 'all chunks of the fan-out are written',
  },
  { when: 'after', text: /^delete from cornerman\.fanouts where id/, instant: 'the fan-out is done' },
  { when: 'before', text: /nextval\('cornerman\.version'\)/, instant: 'the first generation is in the catalog' },
  {
    when: 'after',
    text: /^update cornerman\.generations set switching = true/,
    instant: 'the switch is announced',
  },
  { when: 'after', text: /^update cornerman\.generations set\s+state = case/, instant: 'the promotion is noted' },
]

const ofABatch: ReadonlySet<Instant> = new Set([
  'the version and the snapshot are taken',
  'document has run',
  'the attempt is committed',
  'the building generation is written and the live one is not',
  'every generation is written',
  'the ledger has balanced',
  'the documents are searchable',
  'the watermark is in the building generation only',
  'the watermark is in the store',
  'the checkpoint is saved',
])
const ofAFanOut: ReadonlySet<Instant> = new Set([
  'a chunk of the fan-out is written',
  'the progress of the fan-out is noted',
  'all chunks of the fan-out are written',
  'the fan-out is done',
])

/** Sends this process a signal at the instant, once; tells which instants of what it waits for came, on standard output. */
export class Striker {
  readonly #strike: Strike
  #phase: 'neither' | 'in the batch' | 'in the fan-out' = 'neither'
  #struck = false

  constructor(strike: Strike) {
    this.#strike = strike
  }

  /** Put around the store of every session. */
  readonly wrap: StoreWrapper = (store: ReadStore) => ({
    createGeneration: async (...call) => {
      await store.createGeneration(...call)
      this.#reached('the first generation is made')
    },
    write: async (ref, ...rest) => {
      this.#reached(
        ref.number === liveNumber
          ? 'the building generation is written and the live one is not'
          : 'the attempt is committed',
      )
      const outcomes = await store.write(ref, ...rest)
      this.#reached('a chunk of the fan-out is written')
      this.#reached('some keys of the first build are written')
      if (ref.number === liveNumber) this.#reached('every generation is written')
      return outcomes
    },
    makeSearchable: async (ref) => {
      this.#reached('the ledger has balanced')
      await store.makeSearchable(ref)
      if (ref.number === liveNumber) this.#reached('the documents are searchable')
    },
    writeWatermark: async (ref, ...rest) => {
      const outcome = await store.writeWatermark(ref, ...rest)
      this.#reached(
        ref.number === liveNumber
          ? 'the watermark is in the store'
          : 'the watermark is in the building generation only',
      )
      return outcome
    },
    promote: async (...call) => {
      this.#reached('the first generation is about to be promoted')
      const outcome = await store.promote(...call)
      this.#reached('the first generation is promoted')
      return outcome
    },
  })

  before(text: string): void {
    this.#statement('before', text)
  }

  after(text: string, rows: readonly unknown[]): void {
    if (/from cornerman\.outbox where position > /.test(text) && JSON.stringify(rows).includes(`"${shelfEvent.type}"`))
      this.#reached('the batch is read')
    if (text.startsWith('prepare')) return
    if (/published\.things where shelf = /.test(text)) this.#phase = 'in the batch'
    if (/^insert into cornerman\.fanouts .*event_type/.test(text)) this.#phase = 'in the fan-out'
    this.#statement('after', text)
  }

  #statement(when: 'before' | 'after', text: string): void {
    for (const each of statements) if (each.when === when && each.text.test(text)) this.#reached(each.instant)
  }

  #reached(instant: Instant): void {
    if (ofABatch.has(instant) && this.#phase !== 'in the batch') return
    if (ofAFanOut.has(instant) && this.#phase !== 'in the fan-out') return
    if (this.#struck) return tell(`reached: ${instant}`)
    if (instant !== this.#strike.instant) return
    this.#struck = true
    tell(`struck: ${instant}`)
    process.kill(process.pid, this.#strike.signal)
    tell('woken')
  }
}

const tell = (line: string) => void writeSync(1, `${line}\n`)

type Query = (...args: unknown[]) => unknown
type Answer = QueryResult | QueryArrayResult | undefined

/** Shows every statement of this process to the striker, before it is sent and after its answer. */
export function watchStatements(striker: Pick<Striker, 'before' | 'after'>): void {
  const prototype = Client.prototype as unknown as { query: Query }
  const send = prototype.query
  prototype.query = function query(this: unknown, ...args: unknown[]) {
    const [statement] = args as [string | { text: string }]
    const text = (typeof statement === 'string' ? statement : statement.text).trim()
    striker.before(text)
    const answered = (answer: Answer) => striker.after(text, answer?.rows ?? [])
    const callback = args.at(-1)
    if (typeof callback === 'function') {
      const told = (error: unknown, answer: Answer) => {
        if (!error) answered(answer)
        ;(callback as Query)(error, answer)
      }
      return send.call(this, ...args.slice(0, -1), told)
    }
    return (send.call(this, ...args) as Promise<Answer>).then((answer) => {
      answered(answer)
      return answer
    })
  }
}
