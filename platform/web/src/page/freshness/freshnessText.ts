import type { AnswerMeta } from '@platform/contracts'
import type { Connection } from '../api/changes.ts'

export interface FreshnessText {
  tone: 'good' | 'wait' | 'bad'
  label: string
  detail: string
}

/** What a reader has to know about how fresh the page is. */
export function freshnessText(connection: Connection, meta: AnswerMeta | undefined): FreshnessText {
  if (connection === 'lost')
    return { tone: 'bad', label: 'Connection lost', detail: 'Reconnecting; what you see may be old.' }
  if (connection === 'connecting' || meta === undefined)
    return { tone: 'wait', label: 'Connecting', detail: 'Waiting for the first word about how fresh the rankings are.' }
  return stateTexts[meta.state]
}

const stateTexts: Record<AnswerMeta['state'], FreshnessText> = {
  FRESH: { tone: 'good', label: 'Live', detail: 'Results show within moments.' },
  STALE: { tone: 'wait', label: 'Behind', detail: 'Results come in later than they should.' },
  DEGRADED: { tone: 'wait', label: 'Live, in part', detail: 'Some athletes cannot be brought up to date now.' },
  LOST: { tone: 'bad', label: 'Being restored', detail: 'The rankings are being read anew; some may be old.' },
  UNKNOWN: { tone: 'bad', label: 'Not live', detail: 'Nobody can tell now how old these rankings are.' },
}

/** How long ago the rankings were as they are shown, where that is too long. */
export function agoText({ state, stalenessMs }: AnswerMeta): string {
  return state === 'STALE' && stalenessMs !== null ? `, ${age(stalenessMs)} ago` : ''
}

/** A duration as one says it: `12 s`, `3 min`, `2 h`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
