import type { StoredWatermark, Watermark } from './freshness/watermark.ts'
import type { Key, KeyShape } from './key.ts'
import type { Logger } from './logger.ts'
import type { Problem } from './problem.ts'

/** One physical copy of a projection's documents: a table, an index, a key prefix. Writers address it by this, never by a live name. */
export interface GenerationRef {
  readonly projection: string
  readonly version: number
  readonly number: number
}

/** What a store has to know of a projection to make a generation for it. */
export interface GenerationShape {
  readonly key: KeyShape
  /** What the store's declaration holds: columns, mappings. */
  readonly shape: unknown
}

export interface WrittenDocument {
  readonly key: Key
  /** JSON text as PostgreSQL made it; `null` leaves a tombstone. */
  readonly document: string | null
}

export interface StoredDocument extends WrittenDocument {
  readonly version: number
}

/**
 * What became of one document:
 * - `written`: it lies in the store under its version;
 * - `fenced`: the store has the same or a higher version of it and keeps that;
 * - `refused`: the store will never take this document as it is;
 * - `unavailable`: the store could not take it now.
 */
export type WriteOutcome =
  | { readonly outcome: 'written' }
  | { readonly outcome: 'fenced'; readonly storedVersion: number }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unavailable'; readonly reason: string }

export type PromoteOutcome =
  | { readonly outcome: 'promoted' }
  /** Something else is live than the caller thought; nothing was changed. */
  | { readonly outcome: 'conflict'; readonly live: number | null }

/**
 * A read store. Guarantees, each held by the contract suite (`readStoreContract` in `cornerman/testing`):
 * - of two writes of one key, in whatever order they arrive, the one with the higher version stays, tombstones included;
 * - outcomes are told per document, in the order of the documents; one refused document refuses no other;
 * - a generation that does not exist is never created by a write: the call fails with GENERATION_GONE;
 * - a watermark is replaced only by a writer that names the revision that it replaces;
 * - readers of a live name see one generation, never none and never two, also while `promote` runs, and no tombstone;
 * - each call settles: with its result, with GENERATION_GONE, or with STORE_UNREACHABLE within its time limit.
 */
export interface ReadStore {
  readonly kind: string
  /** Makes the generation, empty; what was left under that name is dropped first. */
  createGeneration(generation: GenerationRef, shape: GenerationShape): Promise<void>
  /** Whether the generation is there with its marker: `false` for a store that was emptied. */
  hasGeneration(generation: GenerationRef): Promise<boolean>
  dropGeneration(generation: GenerationRef): Promise<void>
  write(generation: GenerationRef, version: number, documents: readonly WrittenDocument[]): Promise<WriteOutcome[]>
  /** Returns once every write acknowledged before is seen by readers' searches. */
  makeSearchable(generation: GenerationRef): Promise<void>
  /** The documents of these keys, tombstones included, absent ones left out. */
  read(generation: GenerationRef, keys: readonly Key[]): Promise<StoredDocument[]>
  /** Documents in key order after `after`, tombstones left out; only those with a version below `versionBelow`, if given. */
  scan(
    generation: GenerationRef,
    page: { after?: Key; limit: number; versionBelow?: number },
  ): Promise<StoredDocument[]>
  /** The highest version in the generation, 0 when it is empty. */
  versionMax(generation: GenerationRef): Promise<number>
  readWatermarks(generation: GenerationRef): Promise<StoredWatermark[]>
  /** `expected` is the revision to be replaced, 0 for none. */
  writeWatermark(generation: GenerationRef, watermark: Watermark, expected: number): Promise<'written' | 'conflict'>
  /** The number of the live generation, `null` for none. */
  liveGeneration(projection: string, version: number): Promise<number | null>
  /** Moves the live names to `to`, in one step, if `from` is what is live. */
  promote(to: GenerationRef, from: number | null): Promise<PromoteOutcome>
  /** Forgets tombstones that are older than `ageMs`; returns how many. */
  purgeTombstones(generation: GenerationRef, ageMs: number): Promise<number>
  close(): Promise<void>
}

export type Environment = Readonly<Record<string, string | undefined>>

export interface StoreSetup {
  env: Environment
  logger: Logger
  /** Shown in the store's list of clients, where it has one. */
  applicationName: string
}

/** A kind of read store. The command line learns of a store from this description. */
export interface ReadStoreAdapter {
  readonly kind: string
  /** The environment variables that connect it; the first must be set. */
  readonly variables: readonly string[]
  connect(setup: StoreSetup): Promise<ReadStore>
  /** Statements that prepare the store for these declarations and roles, for `migrate --sql`; empty when it needs none. */
  migrations(declarations: readonly StoreDeclaration[], roles: StoreRoles): string[]
  /** Prepares the store; idempotent. Returns what was done, in words. */
  migrate(setup: StoreSetup, declarations: readonly StoreDeclaration[], roles: StoreRoles): Promise<string[]>
}

export interface StoreRoles {
  /** Roles under which projectors write. */
  projector?: string | undefined
  /** Roles under which query services read. */
  reader?: string | undefined
}

/** What a projection says about its place in a store: `postgres({ columns, indexes })`. */
export interface StoreDeclaration {
  readonly adapter: ReadStoreAdapter
  /** JSON; part of the definition's fingerprint. */
  readonly shape: unknown
  problems(projection: { name: string; keyColumns: readonly string[] }): Problem[]
}
