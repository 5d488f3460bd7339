import type { Range } from './outbox/ranges.ts'

/** An event as a feed delivers it. */
export interface FeedEvent {
  /** `outbox`, or topic and partition. */
  readonly source: string
  readonly position: number
  readonly id: string
  readonly type: string
  readonly aggregateType: string
  readonly aggregateId: string
  /** JSON text; empty when the type is none that was asked for. */
  readonly payload: string
  /** PostgreSQL's clock at the append, in milliseconds since 1970. */
  readonly recordedAtMs: number
}

/** A message that is no event: parked with its bytes. */
export interface UnreadableMessage {
  readonly source: string
  readonly position: number
  readonly body: Uint8Array
  readonly reason: string
}

/** The claim that holds for a source once the batch is in the read model: all up to `position` but for `gaps`. */
export interface Claim {
  readonly source: string
  readonly position: number
  readonly rowId: string | null
  readonly gaps: readonly Range[]
  readonly atMs: number
}

export interface FeedBatch {
  readonly events: readonly FeedEvent[]
  readonly unreadable: readonly UnreadableMessage[]
  /** One for each source that this batch moves. */
  readonly claims: readonly Claim[]
  /** Whether more is waiting already: a projector that is behind may take larger steps. */
  readonly more: boolean
}

/** What a projector leaves with a checkpoint, in the same statement: see `checkpoints` in the schema. */
export interface CheckpointNote {
  /** Generation and source → revision of the watermark that was written there. */
  readonly watermarks: Readonly<Record<string, number>>
  readonly contentPosition: number
}

/**
 * How a projector hears of events. Guarantees, each held by the contract suite (`feedContract` in `cornerman/testing`):
 * - every committed event is delivered at least once, whatever was open, rolled back or slow beside it;
 * - a batch that was not committed is delivered again, to this session's successor too;
 * - a claim is never ahead of what was delivered up to it;
 * - of two sessions for one projection and store, at most one can commit a given batch: the other's commit throws LEASE_LOST.
 */
export interface Feed {
  /** Waits until it is this process's turn; `undefined` when the signal ends the waiting. */
  open(options: FeedOptions): Promise<FeedSession | undefined>
}

export interface FeedOptions {
  readonly projection: string
  readonly store: string
  /** The event types that the projection maps; the payload of others may be left out. */
  readonly types: readonly string[]
  readonly signal: AbortSignal
  /** Called once when another process has the turn. */
  readonly onStandby?: (holder: string) => void
}

export interface FeedSession {
  /** Aborted when the turn is over: another process goes on. */
  readonly lost: AbortSignal
  /** The next batch: at most `eventsMax` events; waits for the first. Rejects when `signal` is aborted. */
  next(eventsMax: number, signal: AbortSignal): Promise<FeedBatch>
  /** Keeps the batch's place. Batches are committed in the order in which they were delivered. */
  commit(batch: FeedBatch, note: CheckpointNote): Promise<void>
  close(): Promise<void>
}
