import { changing, type Model } from './explore.ts'

/** What an event comes to: one key, a fan-out of two chunks, a key that is parked at first, or nothing. */
export type EventKind = 'key' | 'fan-out' | 'parked' | 'irrelevant'

const partsOf: Readonly<Record<EventKind, Part[]>> = { key: [0], 'fan-out': [0, 0], parked: [0], irrelevant: [] }

export type WatermarkMutant =
  | 'the watermark comes before the refresh'
  | 'what holds the watermark is asked after the refresh'
  | 'a parked key is released before its write is noted'
  | 'a new session takes it that nothing has changed'
  | 'fan-outs do not hold the watermark'
  | 'a fan-out is made durable after the checkpoint'
  | 'parked keys are forgotten'
  | 'the checkpoint comes before the write'

export interface WatermarkOptions {
  readonly events: readonly EventKind[]
  /** How often the projector is killed. */
  readonly kills?: number
  readonly mutant?: WatermarkMutant
}

type Step = 'fan-outs' | 'write' | 'facts' | 'refresh' | 'mark' | 'commit'

/** What lies in the store for a part of an event: nothing, a document, a document that searches find. */
type Part = 0 | 1 | 2

interface Facts {
  gaps: number[]
  parked: number[]
  changed: boolean
}

interface State {
  appended: number
  /** For each event its parts: two for a fan-out. */
  parts: Part[][]
  /** Durable: event → chunks that are done. */
  fanOuts: { event: number; chunks: number }[]
  parked: number[]
  checkpoint: number
  watermark: { position: number; gaps: number[]; parked: number[] }
  /** In memory: whether documents may have changed since the last refresh. */
  changed: boolean
  consumer: { left: Step[]; from: number; to: number; facts: Facts | null }
  /** The side work's piece that is written and not booked. */
  side: { event: number; noted: boolean; released: boolean } | null
  kills: number
}

/**
 * A projector's two loops, batches and side work, over a store whose searches see a document only after a refresh. Whatever
 * a watermark says is reflected is what searches find, but for the gaps and parked keys that it names; at every end all is.
 */
export function watermark({ events, kills = 0, mutant }: WatermarkOptions): Model<State> {
  const steps = batchSteps(mutant)
  return {
    start: {
      appended: 0,
      parts: events.map((kind) => partsOf[kind]),
      fanOuts: [],
      parked: [],
      checkpoint: 0,
      watermark: { position: 0, gaps: [], parked: [] },
      changed: true,
      consumer: { left: [], from: 0, to: 0, facts: null },
      side: null,
      kills,
    },

    steps(state) {
      const next: State[] = []
      const change = changing(state)
      const step = (f: (copy: State) => void) => next.push(change(f))
      const { consumer, side } = state
      if (state.appended < events.length) step((s) => void s.appended++)
      if (consumer.left.length > 0) step((s) => batchStep(s, events, mutant))
      else if (state.appended > state.checkpoint) step((s) => begin(s, s.appended, steps))
      // A heartbeat: nothing to write, and a watermark that says what has been made good since.
      else if (side === null && holdsBackTooMuch(state)) step((s) => begin(s, s.checkpoint, steps))
      if (side !== null) step((s) => book(s, mutant))
      else {
        for (const { event, chunks } of state.fanOuts) step((s) => writePart(s, event, chunks))
        for (const event of state.parked) step((s) => writePart(s, event, 0))
      }
      if (state.kills > 0 && (consumer.left.length > 0 || side !== null)) step((s) => kill(s, mutant))
      return next
    },

    wrong: (s, isEnd) =>
      says(s).some((event) => s.parts[event - 1]!.some((part) => part < 2)) ||
      (isEnd && (says(s).length < events.length || s.checkpoint < events.length)),
  }
}

/** The events that the watermark says searches find. */
const says = ({ watermark: { position, gaps, parked } }: State) =>
  Array.from({ length: position }, (_, i) => i + 1).filter((event) => !gaps.includes(event) && !parked.includes(event))

const holdsBackTooMuch = (s: State) =>
  s.fanOuts.length + s.parked.length === 0 && s.watermark.gaps.length + s.watermark.parked.length > 0

function batchSteps(mutant: WatermarkOptions['mutant']): Step[] {
  switch (mutant) {
    case 'the watermark comes before the refresh':
      return ['fan-outs', 'write', 'facts', 'mark', 'refresh', 'commit']
    case 'what holds the watermark is asked after the refresh':
      return ['fan-outs', 'write', 'refresh', 'facts', 'mark', 'commit']
    case 'a fan-out is made durable after the checkpoint':
      return ['write', 'facts', 'refresh', 'mark', 'commit', 'fan-outs']
    case 'the checkpoint comes before the write':
      return ['fan-outs', 'commit', 'write', 'facts', 'refresh', 'mark']
    default:
      return ['fan-outs', 'write', 'facts', 'refresh', 'mark', 'commit']
  }
}

function begin(s: State, to: number, steps: readonly Step[]): void {
  s.consumer = { left: [...steps], from: s.checkpoint, to, facts: null }
}

function batchStep(s: State, events: readonly EventKind[], mutant: WatermarkOptions['mutant']): void {
  const { from, to, left } = s.consumer
  const of = (kind: EventKind) => events.flatMap((each, i) => (each === kind && i >= from && i < to ? [i + 1] : []))
  switch (left.shift()!) {
    case 'fan-outs':
      for (const event of of('fan-out'))
        if (!s.fanOuts.some((each) => each.event === event)) s.fanOuts.push({ event, chunks: 0 })
      break
    case 'write':
      for (const event of of('key')) written(s.parts[event - 1]!, 0)
      if (mutant !== 'parked keys are forgotten') s.parked = [...new Set([...s.parked, ...of('parked')])]
      s.changed ||= of('key').length + of('parked').length > 0
      break
    case 'facts':
      s.consumer.facts = factsOf(s, mutant)
      s.changed = false
      break
    case 'refresh':
      if (s.consumer.facts?.changed ?? s.changed) s.parts = s.parts.map((parts) => parts.map(searchable))
      break
    case 'mark':
      s.watermark = { position: to, gaps: s.consumer.facts!.gaps, parked: s.consumer.facts!.parked }
      break
    case 'commit':
      s.checkpoint = to
  }
  if (left.length === 0) s.consumer = { left: [], from: 0, to: 0, facts: null }
}

const searchable = (part: Part): Part => (part === 0 ? 0 : 2)

function factsOf(s: State, mutant: WatermarkOptions['mutant']): Facts {
  const gaps = mutant === 'fan-outs do not hold the watermark' ? [] : s.fanOuts.map(({ event }) => event)
  return { gaps, parked: [...s.parked], changed: s.changed }
}

/** What searches find already, they still find while it is written again. */
function written(parts: Part[], place: number): void {
  if (parts[place] === 0) parts[place] = 1
}

function writePart(s: State, event: number, place: number): void {
  written(s.parts[event - 1]!, place)
  s.side = { event, noted: false, released: false }
}

/** What follows a write of the side work: note in memory that documents have changed, and let go of what was done. */
function book(s: State, mutant: WatermarkOptions['mutant']): void {
  const side = s.side!
  const isFanOut = s.fanOuts.some((each) => each.event === side.event)
  const releaseFirst = mutant === 'a parked key is released before its write is noted' && !isFanOut
  if (side.noted || (releaseFirst && !side.released)) {
    release(s, side.event)
    side.released = true
  } else {
    s.changed = true
    side.noted = true
  }
  if (side.noted && side.released) s.side = null
}

function release(s: State, event: number): void {
  s.parked = s.parked.filter((each) => each !== event)
  s.fanOuts = s.fanOuts.flatMap((each) =>
    each.event !== event ? [each] : each.chunks === 0 ? [{ event, chunks: 1 }] : [],
  )
}

function kill(s: State, mutant: WatermarkOptions['mutant']): void {
  s.kills--
  s.consumer = { left: [], from: 0, to: 0, facts: null }
  s.side = null
  s.changed = mutant !== 'a new session takes it that nothing has changed'
}
