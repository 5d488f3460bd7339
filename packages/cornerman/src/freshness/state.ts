import type { StoredWatermark, Watermark } from './watermark.ts'

/**
 * What a read model is worth now:
 * - `FRESH`: within its SLA;
 * - `STALE`: older than its SLA;
 * - `DEGRADED`: within its SLA but for parked keys;
 * - `LOST`: its store has lost writes, or the primary has another history; all keys are being refreshed;
 * - `UNKNOWN`: nobody says how old it is. Never taken for fresh.
 */
export type FreshnessState = 'FRESH' | 'STALE' | 'DEGRADED' | 'LOST' | 'UNKNOWN'

/** The watermarks of what is live, as read together with the documents or by themselves. */
export interface LiveWatermarks {
  readonly generation: number
  readonly watermarks: readonly StoredWatermark[]
}

export function stateOf(watermarks: readonly Watermark[], stalenessMs: number | null): FreshnessState {
  if (watermarks.some((each) => each.lost !== null)) return 'LOST'
  if (watermarks.length === 0 || stalenessMs === null) return 'UNKNOWN'
  if (watermarks.some((each) => stalenessMs > each.slaMs)) return 'STALE'
  return watermarks.some((each) => each.parkedKeys > 0) ? 'DEGRADED' : 'FRESH'
}
