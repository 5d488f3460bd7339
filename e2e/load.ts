import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Random } from 'cornerman/testing'
import { Client } from 'pg'
import type { TestPlatform } from './platform.ts'

/** A command whose success was told: it must be there, once. */
export type Acknowledged =
  | { readonly kind: 'event' | 'match'; readonly id: string }
  | { readonly kind: 'result'; readonly matchId: string; readonly position: number }
  | { readonly kind: 'correction'; readonly matchId: string; readonly position: number }
  | { readonly kind: 'rename'; readonly position: number }
  | { readonly kind: 'period'; readonly periodId: string }

export interface LoadOptions {
  /** Commands at once. Defaults to 3. */
  workers?: number
  /** The pause after a command, at most, in milliseconds. Defaults to 60. */
  pauseMs?: number
}

interface Answer {
  readonly status: number
  readonly body: {
    readonly id?: string
    readonly position?: number
    readonly periodId?: string
    readonly code?: string
  }
}

interface Bout {
  readonly matchId: string
  readonly athletes: readonly [string, string]
}

const requestMs = 10_000
const months = 30
const methods = ['ko_tko', 'submission', 'decision_unanimous', 'decision_split'] as const

/**
 * Posts results, corrections, new names and ranking periods at random until it is stopped, each under an `Idempotency-Key`, and
 * sends again what was not acknowledged: as a careful client does. Whatever else is answered ends it.
 */
export class Load {
  readonly acknowledged: Acknowledged[] = []
  /** Requests that were sent again, and answers that were given a second time. */
  sentAgain = 0
  replayed = 0
  readonly #api: string
  readonly #random: Random
  readonly #seed: number
  readonly #rosters: readonly { division: string; athletes: readonly string[] }[]
  readonly #pauseMs: number
  readonly #bouts: Bout[] = []
  readonly #stop = new AbortController()
  readonly #done: Promise<unknown>
  #commands = 0

  static async start(platform: TestPlatform, seed: number, random: Random, options: LoadOptions = {}): Promise<Load> {
    const client = new Client(platform.urls.ownerWrite)
    await client.connect()
    try {
      const { rows } = await client.query<{ division: string; athletes: string[] }>(
        `select division_id as division, array_agg(distinct athlete_a order by athlete_a) as athletes from tournament.matches group by 1 order by 1`,
      )
      return new Load(platform.urls.commandApi, seed, random, rows, options)
    } finally {
      await client.end()
    }
  }

  private constructor(
    api: string,
    seed: number,
    random: Random,
    rosters: { division: string; athletes: string[] }[],
    { workers = 3, pauseMs = 60 }: LoadOptions,
  ) {
    this.#api = api
    this.#seed = seed
    this.#random = random
    this.#rosters = rosters
    this.#pauseMs = pauseMs
    this.#done = Promise.all(Array.from({ length: workers }, () => this.#work()))
    this.#done.catch(() => this.#stop.abort())
  }

  /** Waits for the next acknowledged commands, so many of them; rejects with what has ended the load. */
  async acknowledges(count: number): Promise<void> {
    const target = this.acknowledged.length + count
    while (this.acknowledged.length < target) {
      if (this.#stop.signal.aborted) await this.stop()
      await sleep(20)
    }
  }

  /** Ends it once everything that was sent is acknowledged; rejects with what has ended it before. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #work(): Promise<void> {
    const events: string[] = []
    while (!this.#stop.signal.aborted) {
      const dice = this.#random.int(100)
      if (events.length === 0 || dice < 3) events.push(await this.#event())
      else if (dice < 15 && this.#bouts.length > 0) await this.#correct(this.#random.pick(this.#bouts))
      else if (dice < 22) await this.#rename()
      else if (dice < 23) await this.#period()
      else await this.#bout(this.#random.pick(events))
      await sleep(this.#random.int(this.#pauseMs))
    }
  }

  async #event(): Promise<string> {
    const { body } = await this.#send('POST', '/events', { name: `Load ${this.#commands}`, date: this.#day() })
    this.acknowledged.push({ kind: 'event', id: body.id! })
    return body.id!
  }

  async #bout(eventId: string): Promise<void> {
    const { division, athletes } = this.#random.pick(this.#rosters)
    const a = this.#random.pick(athletes)
    const b = this.#random.pick(athletes.filter((each) => each !== a))
    const title = this.#random.pick(['none', 'none', 'none', 'none', 'undisputed', 'interim'] as const)
    const cardOrder = 1 + this.#random.int(5)
    const match = await this.#send('POST', '/matches', {
      eventId,
      divisionId: division,
      athleteIds: [a, b],
      title,
      cardOrder,
    })
    const matchId = match.body.id!
    this.acknowledged.push({ kind: 'match', id: matchId })
    const { body } = await this.#send('POST', '/matches/result', { matchId, ...this.#result(a, b) })
    this.acknowledged.push({ kind: 'result', matchId, position: body.position! })
    this.#bouts.push({ matchId, athletes: [a, b] })
  }

  #result(a: string, b: string): object {
    const end = { round: 1 + this.#random.int(5), time: `${this.#random.int(5)}:${10 + this.#random.int(50)}` }
    if (this.#random.int(10) === 0)
      return { winnerId: null, outcome: this.#random.pick(['draw', 'no_contest']), ...end }
    return { winnerId: this.#random.pick([a, b]), method: this.#random.pick(methods), ...end }
  }

  async #correct({ matchId, athletes }: Bout): Promise<void> {
    const kind = this.#random.pick(['overturned', 'winner_changed', 'no_contest'] as const)
    const winner = kind === 'winner_changed' ? { winnerId: this.#random.pick(athletes) } : {}
    const { status, body } = await this.#send('POST', `/matches/${matchId}/correction`, { kind, ...winner }, [
      'NOTHING_CHANGES',
    ])
    if (status === 201) this.acknowledged.push({ kind: 'correction', matchId, position: body.position! })
  }

  async #rename(): Promise<void> {
    const athlete = this.#random.pick(this.#random.pick(this.#rosters).athletes)
    const { body } = await this.#send('PATCH', `/athletes/${athlete}`, {
      name: `Śliwka ${this.#seed} ${this.#commands}`,
    })
    this.acknowledged.push({ kind: 'rename', position: body.position! })
  }

  async #period(): Promise<void> {
    const { body } = await this.#send('POST', '/rankings/periods', { rankingDate: this.#day() })
    this.acknowledged.push({ kind: 'period', periodId: body.periodId! })
  }

  /** Some day of the last years. */
  #day(): string {
    const daysAgo = this.#random.int(months * 30)
    return new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)
  }

  /** Sends until it is answered: with success, or with a refusal of one of these codes. */
  async #send(method: string, path: string, body: object, refusals: readonly string[] = []): Promise<Answer> {
    const key = `load-${this.#seed}-${++this.#commands}`
    for (let pauseMs = 50; ; pauseMs = Math.min(1_000, pauseMs * 2)) {
      const answer = await this.#try(method, path, body, key)
      if (answer?.status === 201 || answer?.status === 200) {
        if (this.#random.int(20) === 0) await this.#sendOnceMore(method, path, body, key, answer)
        return answer
      }
      if (answer !== undefined && refusals.includes(answer.body.code ?? '')) return answer
      if (!mayPass(answer)) throw new Error(`${method} ${path} was answered with ${JSON.stringify(answer)} (${key})`)
      this.sentAgain++
      await sleep(pauseMs)
    }
  }

  /** As a client does whose own memory of the answer was lost. */
  async #sendOnceMore(method: string, path: string, body: object, key: string, first: Answer): Promise<void> {
    const again = await this.#try(method, path, body, key)
    if (mayPass(again)) return
    if (!isDeepStrictEqual(again, first))
      throw new Error(`${key} was answered with ${JSON.stringify(first)}, then with ${JSON.stringify(again)}`)
  }

  async #try(method: string, path: string, body: object, key: string): Promise<Answer | undefined> {
    try {
      const response = await fetch(this.#api + path, {
        method,
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(requestMs),
      })
      const answer = { status: response.status, body: (await response.json()) as Answer['body'] }
      if (response.headers.get('Idempotent-Replayed') === 'true') this.replayed++
      return answer
    } catch {
      return undefined
    }
  }
}

/** Whether the answer says nothing about the command itself: it may be sent again. */
const mayPass = (answer: Answer | undefined): boolean =>
  answer === undefined || answer.status >= 500 || answer.body.code === 'IDEMPOTENCY_KEY_IN_USE'
