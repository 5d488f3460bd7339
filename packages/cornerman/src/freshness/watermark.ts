import { contains, mergeRanges, type Range } from '../outbox/ranges.ts'

/**
 * What one source (the outbox, or one partition of a topic) has reached in one generation. It lies in the read store beside
 * the documents that it speaks for: every event up to `position`, but for those in `gaps`, is reflected in them.
 */
export interface Watermark {
  /** `outbox`, or topic and partition: `match-events/3`. */
  readonly source: string
  readonly position: number
  /** The id of the outbox row at `position`; another id there means another history. */
  readonly rowId: string | null
  readonly gaps: readonly Range[]
  /** Everything committed before this instant is reflected, but for parked keys. Milliseconds of PostgreSQL's clock since 1970. */
  readonly atMs: number
  /** The highest position at which a document may have changed: what an ETag is made of. */
  readonly contentPosition: number
  /** PostgreSQL's clock at the writing of this watermark, less `atMs`. */
  readonly stalenessMs: number
  /** Keys that are parked, and events whose keys could not be told. */
  readonly parkedKeys: number
  /** The lowest position whose change is parked, `null` when nothing is parked. */
  readonly parkedFrom: number | null
  readonly slaMs: number
  /** Why the documents cannot be trusted until all keys are refreshed, `null` when they can. */
  readonly lost: string | null
}

export interface StoredWatermark extends Watermark {
  /** Counts the writings; a writing names the revision that it replaces. */
  readonly revision: number
}

/** The most ranges that a watermark carries; merging more only makes a reader wait longer. */
export const watermarkGapsMax = 100

export const watermarkGaps = (ranges: readonly Range[]): Range[] => mergeRanges(ranges, watermarkGapsMax)

/** Whether the change at `position` is in the documents, in every source that the projection reads. */
export function isReflected(watermarks: readonly Pick<Watermark, 'position' | 'gaps'>[], position: number): boolean {
  return (
    watermarks.length > 0 && watermarks.every((each) => position <= each.position && !contains(each.gaps, position))
  )
}
