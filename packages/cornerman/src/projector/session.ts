import { backoff, monotonicMs, pause } from '../backoff.ts'
import type { Pool } from '../database.ts'
import { CornermanError, hasCode } from '../errors.ts'
import type { FeedBatch, FeedSession } from '../feed.ts'
import { fed, type Generation, readGenerations } from '../generations/catalog.ts'
import { refreshIfViewsChanged } from '../generations/changedViews.ts'
import { ensureGenerations, refuseUnknownVersions } from '../generations/firstBuild.ts'
import type { Logger } from '../logger.ts'
import type { Projection } from '../projection.ts'
import type { ReadStore, StoreDeclaration } from '../readStore.ts'
import { AttemptMaker } from './attempt.ts'
import { noteLost, noteTrusted, readNotes, rewind } from './books.ts'
import { PrimaryClock } from './clock.ts'
import { FanOuts } from './fanOut.ts'
import { otherHistory } from './history.ts'
import { Ledger } from './ledger.ts'
import type { ProjectorSettings } from './settings.ts'
import { SideWork } from './sideWork.ts'
import { Trouble } from './trouble.ts'
import { VersionWorker } from './versionWorker.ts'
import { Watermarks, type WatermarkFacts } from './watermarks.ts'

export interface SessionOptions {
  readonly name: string
  readonly versions: readonly { projection: Projection; declaration: StoreDeclaration }[]
  readonly feed: FeedSession
  readonly store: ReadStore
  /** The primary. */
  readonly url: string
  readonly pool: Pool
  readonly logger: Logger
  readonly settings: ProjectorSettings
  readonly signal: AbortSignal
  /** Called once the first batch is committed: the session works. */
  readonly onStarted?: () => void
}

/**
 * One projector's turn on one projection: batch → keys → attempts → every generation, the live one last → the ledger
 * balances → searchable → watermark into the store → checkpoint. It ends by throwing: with the signal's reason when its turn
 * is over, else with a fault after which the next session begins anew. Whatever was not committed is delivered again.
 */
export class ProjectorSession {
  readonly #options: SessionOptions
  readonly #of: { projection: string; store: string }
  readonly #signal: AbortSignal
  readonly #ended = new AbortController()
  readonly #clock = new PrimaryClock()
  readonly #makers: AttemptMaker[]
  readonly #sideMaker: AttemptMaker
  readonly #trouble: Trouble
  readonly #fanOuts: FanOuts
  readonly #watermarks: Watermarks
  readonly #workers = new Map<number, VersionWorker>()
  #generations: readonly Generation[] = []
  #lost: string | null = null
  /** Whether documents may have changed since the last watermark; who came before may have left before saying so. */
  #changed = true
  #busy = false

  constructor(options: SessionOptions) {
    this.#options = options
    const { name, store, pool, url, logger, settings } = options
    this.#of = { projection: name, store: store.kind }
    this.#signal = AbortSignal.any([options.signal, options.feed.lost, this.#ended.signal])
    const maker = () => new AttemptMaker({ url, projection: name, store: store.kind, clock: this.#clock })
    this.#makers = Array.from({ length: settings.attemptsAtOnce }, maker)
    this.#sideMaker = maker()
    this.#trouble = new Trouble(pool, this.#of, logger)
    this.#fanOuts = new FanOuts(pool, this.#of)
    this.#watermarks = new Watermarks(store, this.#clock)
  }

  /** Runs until the turn is over or something fails; always throws. */
  async run(): Promise<never> {
    const loops: Promise<never>[] = []
    try {
      await this.#start()
      loops.push(this.#consume(), this.#sideWork().run(), this.#watch())
      return await Promise.race(loops)
    } finally {
      this.#ended.abort(new Error('the session has ended'))
      await Promise.all([...this.#makers, this.#sideMaker].map((maker) => maker.close()))
      await Promise.allSettled(loops)
    }
  }

  async #start(): Promise<void> {
    const { name, versions, pool, store, settings } = this.#options
    this.#generations = await ensureGenerations(name, this.#options)
    const notes = await readNotes(pool, this.#of)
    const history = await otherHistory({
      pool,
      store,
      projection: name,
      generations: this.#generations,
      maker: this.#sideMaker,
    })
    const lostWrites = await this.#watermarks.load(this.#generations, name, notes.watermarks)
    const reason = history?.reason ?? lostWrites
    if (reason !== undefined) {
      await noteLost(
        pool,
        this.#of,
        versions.map(({ projection }) => projection.version),
        reason,
      )
      this.#options.logger.error(
        { ...this.#of, reason },
        'the read model is LOST: all keys are refreshed from the primary',
      )
    }
    if (history?.isCursorForeign === true) {
      await rewind(pool, this.#of)
      throw new CornermanError('HISTORY_CHANGED', history.reason, {
        hint: 'the outbox is read from its beginning again',
      })
    }
    this.#lost = reason ?? notes.lost
    for (const { projection } of versions)
      await refreshIfViewsChanged(pool, { projection, store: store.kind }, this.#options.logger)
    await this.#fanOuts.load()
    for (const { projection } of versions) {
      const worker = await VersionWorker.open({
        pool,
        store,
        projection,
        settings,
        signal: this.#signal,
        trouble: this.#trouble,
        fanOuts: this.#fanOuts,
        onGenerations: (seen) => this.#sees(seen),
        onWritten: () => {
          this.#changed = true
        },
      })
      this.#workers.set(projection.version, worker)
    }
  }

  async #consume(): Promise<never> {
    const { feed, settings } = this.#options
    const next = (eventsMax: number) => feed.next(eventsMax, this.#signal)
    let upcoming: Promise<FeedBatch> | undefined
    for (;;) {
      const batch = await (upcoming ?? next(settings.batchEventsMax))
      // With a backlog the next page is read while this one is worked on. Without, what is committed meanwhile comes in the page
      // that is read afterwards: read now, it would be a page of next to nothing, and all else would wait for that one too.
      upcoming = batch.more ? next(backlogEvents(batch, settings)) : undefined
      upcoming?.catch(() => undefined)
      this.#busy = true
      await this.#process(batch)
      this.#busy = false
    }
  }

  async #process(batch: FeedBatch): Promise<void> {
    const { pool, feed, store, name } = this.#options
    const ledger = new Ledger(
      `${name}, ${batch.events.length} events up to ${batch.claims.map((c) => `${c.source} ${c.position}`).join(', ')}`,
    )
    this.#generations = await readGenerations(pool, name, store.kind)
    // An attempt may see a generation of a version that had none when the batch began: then that version gets the batch too.
    const done = new Set<number>()
    for (let version = this.#nextVersion(done); version !== undefined; version = this.#nextVersion(done)) {
      await this.#batchFor(version, batch, ledger)
      done.add(version)
    }
    ledger.assertBalanced()
    await this.#publish(batch.claims)
    await feed.commit(batch, {
      watermarks: this.#watermarks.revisions,
      contentPosition: this.#watermarks.contentPosition,
    })
    this.#trouble.over()
    this.#options.onStarted?.()
  }

  /** While too many keys are parked the batch waits; side work probes, and the same batch is tried again. */
  async #batchFor(version: number, batch: FeedBatch, ledger: Ledger): Promise<void> {
    const waits = backoff({ firstMs: 500, maxMs: 15_000 })
    for (;;) {
      const attempt = new Ledger(ledger.title)
      try {
        await this.#workers.get(version)!.batch(this.#makers, batch, attempt)
        ledger.take(attempt)
        return
      } catch (error) {
        if (!hasCode(error, 'PARKED_LIMIT')) throw error
        await this.#trouble.report(error)
        await pause(waits.next(), this.#signal)
        this.#signal.throwIfAborted()
        await this.#workers.get(version)!.probe(this.#makers[0]!)
      }
    }
  }

  #nextVersion(done: ReadonlySet<number>): number | undefined {
    refuseUnknownVersions(this.#options.name, this.#generations, [...this.#workers.keys()])
    return this.#generations.map((each) => each.version).find((version) => !done.has(version))
  }

  #sees(generations: readonly Generation[]): void {
    this.#generations = generations
  }

  async #publish(claims: FeedBatch['claims']): Promise<void> {
    const { store, name } = this.#options
    const refs = [...this.#workers.keys()].flatMap((version) =>
      fed(this.#generations, version).map(({ number }) => ({ projection: name, version, number })),
    )
    // Side work goes on meanwhile: what it has done after the refresh began must not be spoken of yet.
    const facts = new Map([...this.#workers.keys()].map((version) => [version, this.#facts(version)]))
    const changed = this.#changed
    this.#changed = false
    if (changed) for (const ref of refs) await store.makeSearchable(ref)
    await this.#watermarks.publish(claims, refs, (version) => facts.get(version)!, changed)
  }

  #facts(version: number): WatermarkFacts {
    const worker = this.#workers.get(version)!
    return {
      gaps: this.#fanOuts.gaps(version),
      atMs: this.#fanOuts.atMs(version),
      parkedKeys: worker.park.total,
      parkedFrom: worker.park.lowestPosition,
      slaMs: worker.projection.slaMs,
      lost: this.#lost,
    }
  }

  #sideWork(): SideWork {
    const { pool, store, name, settings, logger } = this.#options
    return new SideWork({
      pool,
      store,
      logger,
      settings,
      projection: name,
      maker: this.#sideMaker,
      workers: this.#workers,
      fanOuts: this.#fanOuts,
      watermarks: this.#watermarks,
      signal: this.#signal,
      generations: () => this.#generations,
      isBusy: () => this.#busy,
    })
  }

  /** Once a second: what others have asked for, the primary's clock, and whether what was lost has been made good. */
  async #watch(): Promise<never> {
    const { pool, name, store } = this.#options
    for (;;) {
      const askedAt = monotonicMs()
      const { rows } = await pool.query<{ now: number }>(
        'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
      )
      this.#clock.set(rows[0]!.now, askedAt)
      await this.#fanOuts.load()
      for (const worker of this.#workers.values()) await worker.park.load()
      if (!this.#busy) this.#generations = await readGenerations(pool, name, store.kind)
      if (this.#lost !== null && !this.#fanOuts.open.some((each) => each.kind === 'all')) {
        await noteTrusted(pool, this.#of)
        this.#lost = null
        this.#options.logger.info(this.#of, 'all keys are refreshed: the read model can be trusted again')
      }
      await pause(1_000, this.#signal)
      this.#signal.throwIfAborted()
    }
  }
}

/** Payloads of one page of a backlog, in characters: one page is worked on while the next one is read. */
const pageCharactersMax = 50_000_000

/** How many events the next page of a backlog may have, if they are of the size of the last ones. */
function backlogEvents({ events }: FeedBatch, { batchEventsMax, backlogEventsMax }: ProjectorSettings): number {
  const characters = events.reduce((sum, { payload }) => sum + payload.length, 0)
  const fitting = Math.floor((pageCharactersMax * events.length) / Math.max(1, characters))
  return Math.min(backlogEventsMax, Math.max(batchEventsMax, fitting))
}
