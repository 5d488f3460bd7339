import type { Claim } from '../feed.ts'
import { type StoredWatermark, type Watermark, watermarkGaps } from '../freshness/watermark.ts'
import type { Generation } from '../generations/catalog.ts'
import type { Range } from '../outbox/ranges.ts'
import type { GenerationRef, ReadStore } from '../readStore.ts'
import type { PrimaryClock } from './clock.ts'

/** What holds the watermark back beside the feed's own gaps, and what readers are told with it. */
export interface WatermarkFacts {
  readonly gaps: readonly Range[]
  /** The time that the watermark must not pass. */
  readonly atMs: number
  readonly parkedKeys: number
  readonly parkedFrom: number | null
  readonly slaMs: number
  readonly lost: string | null
}

interface Slot {
  readonly ref: GenerationRef
  readonly source: string
  stored: StoredWatermark | undefined
}

/** Generation and source: `2.7/outbox`. */
const slotName = (ref: Pick<GenerationRef, 'version' | 'number'>, source: string) =>
  `${ref.version}.${ref.number}/${source}`

/**
 * The watermarks of one projection in one store. Each is replaced only if it is still the one that was last written or
 * read here; so neither a process that was stopped for an hour nor a store that went back in time goes unnoticed.
 */
export class Watermarks {
  readonly #store: ReadStore
  readonly #clock: PrimaryClock
  readonly #slots = new Map<string, Slot>()
  #contentPosition = 0

  constructor(store: ReadStore, clock: PrimaryClock) {
    this.#store = store
    this.#clock = clock
  }

  /**
   * Reads what the store has. Returns why writes of the store must have been lost, if so: a watermark older than the one
   * that was noted, or none where there was one.
   */
  async load(
    generations: readonly Generation[],
    projection: string,
    noted: Readonly<Record<string, number>>,
  ): Promise<string | undefined> {
    const lost: string[] = []
    for (const { version, number } of generations) {
      const ref = { projection, version, number }
      const stored = await this.#store.readWatermarks(ref)
      for (const watermark of stored)
        this.#slots.set(slotName(ref, watermark.source), { ref, source: watermark.source, stored: watermark })
      for (const [name, revision] of Object.entries(noted)) {
        if (!name.startsWith(slotName(ref, ''))) continue
        const found = this.#slots.get(name)?.stored?.revision ?? 0
        if (found < revision)
          lost.push(
            `the watermark of generation ${number} is ${found === 0 ? 'missing' : `older (${found}) than the one that was written (${revision})`}`,
          )
      }
    }
    this.#contentPosition = Math.max(0, ...[...this.#slots.values()].map((slot) => slot.stored?.contentPosition ?? 0))
    return lost.length === 0 ? undefined : `the read store ${this.#store.kind} has lost writes: ${lost.join('; ')}`
  }

  get contentPosition(): number {
    return this.#contentPosition
  }

  /** The revisions by generation and source, to be noted with the checkpoint. */
  get revisions(): Record<string, number> {
    return Object.fromEntries([...this.#slots].map(([name, slot]) => [name, slot.stored?.revision ?? 0]))
  }

  /** The watermark that lies in a generation, as far as this session knows. */
  of(ref: Pick<GenerationRef, 'version' | 'number'>): StoredWatermark[] {
    return [...this.#slots].flatMap(([name, slot]) =>
      name.startsWith(slotName(ref, '')) && slot.stored ? [slot.stored] : [],
    )
  }

  /** Writes the claims into the generations. `changed` says whether documents may have changed since the last time. */
  async publish(
    claims: readonly Claim[],
    refs: readonly GenerationRef[],
    facts: (version: number) => WatermarkFacts,
    changed: boolean,
  ): Promise<void> {
    for (const claim of claims) {
      if (changed) this.#contentPosition = Math.max(this.#contentPosition, claim.position)
      for (const ref of refs) await this.#write(ref, claim, facts(ref.version))
    }
  }

  async #write(ref: GenerationRef, claim: Claim, facts: WatermarkFacts): Promise<void> {
    const name = slotName(ref, claim.source)
    const slot = this.#slots.get(name) ?? { ref, source: claim.source, stored: undefined }
    this.#slots.set(name, slot)
    for (;;) {
      // A predecessor may have come further than its checkpoint says: what it wrote is there, and stays true.
      if (slot.stored !== undefined && slot.stored.position > claim.position && facts.lost === null) return
      const watermark = this.#watermark(claim, facts)
      const expected = slot.stored?.revision ?? 0
      if ((await this.#store.writeWatermark(ref, watermark, expected)) === 'written') {
        slot.stored = { ...watermark, revision: expected + 1 }
        return
      }
      slot.stored = await this.#afterConflict(ref, claim.source, expected)
    }
  }

  /** Somebody else has written: a predecessor's last word, or our own whose answer was lost. Going back is a loss. */
  async #afterConflict(ref: GenerationRef, source: string, expected: number): Promise<StoredWatermark | undefined> {
    const found = (await this.#store.readWatermarks(ref)).find((each) => each.source === source)
    if ((found?.revision ?? 0) > expected) return found
    throw new StoreWentBack(
      `the watermark of generation ${ref.number} is ${found === undefined ? 'missing' : `older (${found.revision}) than the one that was written (${expected})`}`,
    )
  }

  #watermark(claim: Claim, facts: WatermarkFacts): Watermark {
    const atMs = Math.min(claim.atMs, facts.atMs)
    return {
      source: claim.source,
      position: claim.position,
      rowId: claim.rowId,
      gaps: watermarkGaps([...claim.gaps, ...facts.gaps.filter((gap) => gap.from <= claim.position)]),
      atMs,
      contentPosition: this.#contentPosition,
      stalenessMs: Math.max(0, this.#clock.now() - atMs),
      parkedKeys: facts.parkedKeys,
      parkedFrom: facts.parkedFrom,
      slaMs: facts.slaMs,
      lost: facts.lost,
    }
  }
}

/** The store has an older watermark than was written, or none: it was emptied, restored, or failed over. */
export class StoreWentBack extends Error {
  override readonly name = 'StoreWentBack'
}
