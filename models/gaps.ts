import { changing, type Model } from './explore.ts'

export type GapsMutant =
  | 'no gaps'
  | 'a gap ends by time-out'
  | 'the bound is the xmax of the snapshot'
  | 'the position comes before the transaction id'
  | 'a look that was cut short counts'
  | 'a checkpoint keeps no gaps'
  | 'a checkpoint keeps the place of the reader, not of the batch'

export interface GapsOptions {
  readonly writers: number
  /** The most rows of a page; more than there can be, if left out. */
  readonly limit?: number
  /** How often the reader is killed, and goes on from its checkpoint. */
  readonly kills?: number
  readonly mutant?: GapsMutant
}

interface Writer {
  at: 'new' | 'begun' | 'written' | 'committed' | 'rolled back'
  id: number
  position: number
}

interface Gap {
  position: number
  /** 0 while it has none. */
  bound: number
}

interface Place {
  cursor: number
  gaps: Gap[]
}

interface State {
  writers: Writer[]
  nextId: number
  lastPosition: number
  reader: Place
  /** The rows of a page whose second statement, the look into the gaps, is still to come. */
  page: number[] | null
  /** Batches that were read and are not committed: the next one is read while one is worked on. */
  batches: { rows: number[]; place: Place }[]
  checkpoint: Place
  done: number[]
  kills: number
}

const batchesMax = 2

/**
 * Writers take a transaction id, then a position, then commit or roll back; a reader with a cursor and gaps never loses a
 * row, though it is killed, reads less than there is, and looks at page and gaps in two statements; and every gap closes.
 */
export function gaps({ writers, limit = writers + 1, kills = 0, mutant }: GapsOptions): Model<State> {
  return {
    start: {
      writers: Array.from({ length: writers }, () => ({ at: 'new', id: 0, position: 0 })),
      nextId: 1,
      lastPosition: 0,
      reader: { cursor: 0, gaps: [] },
      page: null,
      batches: [],
      checkpoint: { cursor: 0, gaps: [] },
      done: [],
      kills,
    },

    steps(state) {
      const next: State[] = []
      const change = changing(state)
      const step = (f: (copy: State) => void) => next.push(change(f))
      state.writers.forEach((writer, i) => {
        for (const f of writerSteps(writer, mutant)) step((s) => f(s, s.writers[i]!))
      })
      if (state.page !== null) step((s) => look(s, limit, mutant))
      else if (state.batches.length < batchesMax && isWorthReading(state)) step((s) => readPage(s, limit))
      if (state.page === null && state.reader.gaps.some((gap) => gap.bound === 0)) step((s) => takeBound(s))
      if (state.page === null && mutant === 'a gap ends by time-out' && state.reader.gaps.length > 0) {
        step((s) => void (s.reader.gaps = []))
      }
      if (state.batches.length > 0) step((s) => commit(s, mutant))
      if (state.kills > 0 && (state.page !== null || state.batches.length > 0)) step(kill)
      return next
    },

    wrong: (s, isEnd) =>
      isEnd &&
      (s.reader.gaps.length > 0 ||
        s.writers.some((each) => each.at === 'committed' && !s.done.includes(each.position))),
  }
}

function writerSteps(writer: Writer, mutant: GapsOptions['mutant']): ((s: State, mine: Writer) => void)[] {
  const takeId = (s: State, mine: Writer) => (mine.id = s.nextId++)
  const takePosition = (s: State, mine: Writer) => (mine.position = ++s.lastPosition)
  const late = mutant === 'the position comes before the transaction id'
  switch (writer.at) {
    case 'new':
      return [(s, mine) => ((late ? takePosition : takeId)(s, mine), void (mine.at = 'begun'))]
    case 'begun':
      return [(s, mine) => ((late ? takeId : takePosition)(s, mine), void (mine.at = 'written'))]
    case 'written':
      return [(_, mine) => void (mine.at = 'committed'), (_, mine) => void (mine.at = 'rolled back')]
    default:
      return []
  }
}

const isOpen = ({ id, at }: Writer) => id > 0 && (at === 'begun' || at === 'written')
const hasEnded = ({ at }: Writer) => at === 'committed' || at === 'rolled back'

/** `pg_snapshot_xmin`: every transaction below has ended. */
const xminOf = (s: State) => Math.min(s.nextId, ...s.writers.filter(isOpen).map((each) => each.id))
/** `pg_snapshot_xmax`: one past the highest transaction that has ended. */
const xmaxOf = (s: State) => Math.max(0, ...s.writers.filter(hasEnded).map((each) => each.id)) + 1

const visible = (s: State) =>
  s.writers
    .filter((each) => each.at === 'committed')
    .map((each) => each.position)
    .sort((a, b) => a - b)

function isWorthReading(s: State): boolean {
  const rows = visible(s)
  const { cursor, gaps } = s.reader
  return (
    rows.some((position) => position > cursor) ||
    gaps.some(({ position, bound }) => rows.includes(position) || (bound > 0 && xminOf(s) >= bound))
  )
}

function readPage(s: State, limit: number): void {
  s.page = visible(s)
    .filter((position) => position > s.reader.cursor)
    .slice(0, limit)
}

/** The second statement of a read, in a later snapshot; then the reader moves. */
function look(s: State, limit: number, mutant: GapsOptions['mutant']): void {
  const now = visible(s)
  const found = s.reader.gaps.filter(({ position }) => now.includes(position)).slice(0, limit)
  const complete = found.length < limit || mutant === 'a look that was cut short counts'
  const isOver = ({ bound }: Gap) => complete && bound > 0 && xminOf(s) >= bound
  const left = s.reader.gaps.filter((gap) => !found.includes(gap) && !isOver(gap))
  const above = s.page!.slice(0, limit - found.length)
  const cursor = above.at(-1) ?? s.reader.cursor
  const passed = Array.from({ length: cursor - s.reader.cursor }, (_, i) => s.reader.cursor + 1 + i)
  const bound = mutant === 'the bound is the xmax of the snapshot' ? xmaxOf(s) : 0
  const fresh = passed.filter((position) => !above.includes(position)).map((position) => ({ position, bound }))
  s.reader = { cursor, gaps: mutant === 'no gaps' ? [] : [...left, ...fresh] }
  const rows = [...found.map(({ position }) => position), ...above]
  if (rows.length > 0) s.batches.push({ rows, place: s.reader })
  s.page = null
}

/** The reader's own transaction id, in a statement after the one that missed the rows. */
function takeBound(s: State): void {
  const bound = s.nextId++
  for (const gap of s.reader.gaps) if (gap.bound === 0) gap.bound = bound
}

function commit(s: State, mutant: GapsOptions['mutant']): void {
  const { rows, place } = s.batches.shift()!
  s.done = [...new Set([...s.done, ...rows])].sort((a, b) => a - b)
  const kept = mutant === 'a checkpoint keeps the place of the reader, not of the batch' ? s.reader : place
  s.checkpoint = mutant === 'a checkpoint keeps no gaps' ? { ...kept, gaps: [] } : kept
}

function kill(s: State): void {
  s.kills--
  s.reader = s.checkpoint
  s.page = null
  s.batches = []
}
