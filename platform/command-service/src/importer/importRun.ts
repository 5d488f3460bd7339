import { randomUUID } from 'node:crypto'
import { registerAthletes } from '../athletes/athleteCommands.ts'
import type { Database } from '../database/database.ts'
import { scheduleEvents } from '../events/eventCommands.ts'
import type { Result } from '../matches/match.ts'
import { type NewMatch, recordResults, scheduleMatches } from '../matches/matchCommands.ts'
import type { PublishedEvent, PublishedResult } from './parse.ts'
import type { People } from './people.ts'
import type { CsvRow, Rejected } from './readCsv.ts'

const boutsAtOnce = 250

export interface ImportOptions {
  /** Called with how many of the results are done. */
  onProgress?: (done: number, total: number) => void
  /** Ends the import between two batches; another run goes on from there. */
  signal?: AbortSignal
}

interface Evening {
  event: PublishedEvent
  /** In the order of the card, the main event first. */
  bouts: { result: PublishedResult; cardOrder: number }[]
}

/** One run of an import: evening by evening, the oldest first, and what became of each result. */
export class ImportRun {
  taken = 0
  alreadyThere = 0
  rejected = 0
  unlisted = 0
  events = 0
  readonly #db: Database
  readonly #divisions: ReadonlyMap<string, string>
  readonly #people: People
  readonly #texts: ReadonlyMap<number, string>
  readonly #rejects: Rejected[]

  constructor(
    db: Database,
    divisions: ReadonlyMap<string, string>,
    people: People,
    rows: readonly CsvRow[],
    rejects: Rejected[],
  ) {
    this.#db = db
    this.#divisions = divisions
    this.#people = people
    this.#texts = new Map(rows.map((row) => [row.line, Object.values(row.values).join(',')]))
    this.#rejects = rejects
  }

  async take(
    events: readonly PublishedEvent[],
    results: readonly PublishedResult[],
    { onProgress, signal, read }: ImportOptions & { read: number },
  ): Promise<void> {
    const refs = await this.#db
      .selectFrom('tournament.matches')
      .select('source_ref')
      .where('source_ref', 'is not', null)
      .execute()
    const known = new Set(refs.map((row) => row.source_ref!))
    const evenings = await this.#evenings(events, results)
    const done = () => onProgress?.(this.taken + this.alreadyThere + this.rejected, read)
    let batch: Evening[] = []
    for (const evening of evenings) {
      const fresh = evening.bouts.filter(({ result }) => !known.has(result.ref))
      this.alreadyThere += evening.bouts.length - fresh.length
      for (const { result } of fresh) known.add(result.ref)
      batch.push({ event: evening.event, bouts: fresh })
      if (batch.reduce((sum, each) => sum + each.bouts.length, 0) < boutsAtOnce) continue
      await this.#write(batch)
      done()
      batch = []
      signal?.throwIfAborted()
    }
    await this.#write(batch)
    done()
  }

  /** Results by event, the oldest event first. Events of an earlier import count too. */
  async #evenings(events: readonly PublishedEvent[], results: readonly PublishedResult[]): Promise<Evening[]> {
    const known = await this.#db
      .selectFrom('tournament.events')
      .select(['name', 'date', 'source_ref'])
      .where('source_ref', 'is not', null)
      .execute()
    const byName = new Map<string, Evening>()
    for (const row of known)
      byName.set(row.name, {
        event: { line: 0, name: row.name, date: row.date, location: null, ref: row.source_ref! },
        bouts: [],
      })
    for (const event of events) {
      const same = byName.get(event.name)
      // Results name their event: two of one name on two days cannot be told apart.
      if (same !== undefined && same.event.date !== event.date)
        this.#rejectEvent(event, `an event of this name was on ${same.event.date}`)
      else byName.set(event.name, { event: same?.event ?? event, bouts: [] })
    }
    const seen = new Set<string>()
    for (const result of results) {
      const evening = byName.get(result.event)
      if (evening === undefined) this.#reject(result, `no event is called ${result.event}, in events.csv or before`)
      else if (seen.has(result.ref)) this.#reject(result, 'the same bout stands in the file before')
      else evening.bouts.push({ result, cardOrder: evening.bouts.length + 1 })
      seen.add(result.ref)
    }
    return [...byName.values()]
      .filter(({ bouts }) => bouts.length > 0)
      .sort((a, b) => (a.event.date < b.event.date ? -1 : a.event.date > b.event.date ? 1 : 0))
  }

  async #write(batch: readonly Evening[]): Promise<void> {
    const evenings = batch.filter(({ bouts }) => bouts.length > 0)
    if (evenings.length === 0) return
    const { matches, results } = this.#bouts(evenings)
    const unlisted = this.#people.takeUnlisted()
    const eventIds = new Map<string, string>()
    await this.#db.transaction().execute(async (trx) => {
      if (unlisted.length > 0) await registerAthletes(trx, unlisted)
      const refs = evenings.map(({ event }) => event.ref)
      const known = await trx
        .selectFrom('tournament.events')
        .select(['id', 'source_ref'])
        .where('source_ref', 'in', refs)
        .execute()
      for (const row of known) eventIds.set(row.source_ref!, row.id)
      const missing = evenings
        .filter(({ event }) => !eventIds.has(event.ref))
        .map(({ event }) => ({ ...event, id: randomUUID(), sourceRef: event.ref }))
      if (missing.length > 0) await scheduleEvents(trx, missing)
      for (const { ref, id } of missing) eventIds.set(ref, id)
      if (matches.length === 0) return
      await scheduleMatches(
        trx,
        matches.map(({ eventRef, ...match }) => ({ ...match, eventId: eventIds.get(eventRef)! })),
      )
      await recordResults(trx, results)
      this.events += missing.length
    })
    this.taken += matches.length
    this.unlisted += unlisted.length
  }

  #bouts(evenings: readonly Evening[]): {
    matches: (Omit<NewMatch, 'eventId'> & { eventRef: string })[]
    results: Result[]
  } {
    const matches: (Omit<NewMatch, 'eventId'> & { eventRef: string })[] = []
    const results: Result[] = []
    for (const { event, bouts } of evenings) {
      for (const { result, cardOrder } of bouts) {
        const meant = this.#people.find(result.fighters, result.boutClass.limitLbs)
        if ('reason' in meant) {
          this.#reject(result, meant.reason)
          continue
        }
        const id = randomUUID()
        matches.push({
          id,
          eventRef: event.ref,
          divisionId: this.#divisions.get(result.boutClass.divisionSlug)!,
          athleteIds: meant.ids,
          title: result.boutClass.title,
          cardOrder,
          sourceRef: result.ref,
        })
        results.push({
          matchId: id,
          winnerId: result.winner === null ? null : meant.ids[result.winner],
          outcome: result.outcome,
          method: result.method ?? undefined,
          round: result.round ?? undefined,
          time: result.time ?? undefined,
          completedAt: new Date(`${event.date}T22:00:00Z`),
        })
      }
    }
    return { matches, results }
  }

  #rejectEvent({ line, name, date }: PublishedEvent, reason: string): void {
    this.#rejects.push({ file: 'events.csv', line, reason, text: `${name},${date}` })
  }

  #reject(result: PublishedResult, reason: string): void {
    this.rejected++
    this.#rejects.push({ file: 'results.csv', line: result.line, reason, text: this.#texts.get(result.line) ?? '' })
  }
}
