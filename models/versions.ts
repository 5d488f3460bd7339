import { changing, type Model } from './explore.ts'

export interface VersionsOptions {
  readonly commits: number
  /** One attempt for each event that is listed; listed twice is a duplicate, and 0 is a rebuild's or a refresh's. */
  readonly attempts: readonly number[]
  /** Attempts that may run their query a second time. */
  readonly retries?: number
  readonly switches?: number
  /** What is left out in the mutants. */
  readonly without?: 'one step' | 'the live one last' | 'the wait of the switch' | 'a new version for a retry'
}

interface Attempt {
  event: number
  at: 'idle' | 'versioned' | 'read' | 'half' | 'over'
  version: number
  content: number
  live: 0 | 1
}

interface Stored {
  version: number
  content: number
}

interface State {
  /** How many commits the source has. */
  db: number
  version: number
  generations: [Stored, Stored]
  live: 0 | 1
  announced: boolean
  /** The source's end as read after the announcement. */
  end: number | null
  switched: number
  retried: number
  /** What a reader has seen last. */
  shown: number
  wentBack: boolean
  done: boolean[]
  attempts: Attempt[]
}

/**
 * One key, some commits, attempts in any interleaving, two generations and switches between them, there and back. Readers
 * never see the document go back, and at every end both generations equal the source.
 */
export function versions({ commits, attempts, retries = 0, switches = 2, without }: VersionsOptions): Model<State> {
  return {
    start: {
      db: 0,
      version: 0,
      generations: [
        { version: 0, content: 0 },
        { version: 0, content: 0 },
      ],
      live: 0,
      announced: false,
      end: null,
      switched: 0,
      retried: 0,
      shown: 0,
      wentBack: false,
      done: Array.from({ length: commits + 1 }, () => false),
      attempts: attempts.map((event) => ({ event, at: 'idle', version: 0, content: 0, live: 0 })),
    },

    steps(state) {
      const next: State[] = []
      if (state.wentBack) return next
      const change = changing(state)
      const step = (f: (copy: State) => void) => {
        const after = change(f)
        const shown = after.generations[after.live].content
        after.wentBack = shown < after.shown
        after.shown = shown
        next.push(after)
      }
      if (state.db < commits) step((s) => void s.db++)
      if (!state.announced && state.switched < switches) step((s) => void (s.announced = true))
      if (state.announced && state.end === null) step((s) => void (s.end = s.db))
      if (state.announced && state.end !== null) {
        const passed = state.done.slice(1, state.end + 1).every(Boolean)
        if (passed || without === 'the wait of the switch') {
          step((s) => {
            s.live = other(s.live)
            s.announced = false
            s.end = null
            s.switched++
          })
        }
      }
      state.attempts.forEach((attempt, i) => {
        if (state.db < attempt.event) return
        for (const f of attemptSteps(attempt, without)) step((s) => f(s, s.attempts[i]!))
        if (state.retried < retries && (attempt.at === 'read' || attempt.at === 'half')) {
          step((s) => {
            s.retried++
            const mine = s.attempts[i]!
            mine.at = 'idle'
            if (without !== 'a new version for a retry') mine.version = 0
          })
        }
      })
      return next
    },

    wrong: (s, isEnd) => s.wentBack || (isEnd && s.generations.some((each) => each.content !== s.db)),
  }
}

const other = (generation: 0 | 1): 0 | 1 => (generation === 0 ? 1 : 0)

/** What an attempt may do next: take a version and a snapshot, write to one generation, write to the other. */
function attemptSteps(
  { at, live }: Attempt,
  without: VersionsOptions['without'],
): ((s: State, mine: Attempt) => void)[] {
  const first = without === 'the live one last' ? live : other(live)
  switch (at) {
    case 'idle':
      return [
        (s, mine) => {
          if (mine.version === 0) mine.version = ++s.version
          mine.live = s.live
          mine.at = 'versioned'
          if (without !== 'one step') takeSnapshot(s, mine)
        },
      ]
    case 'versioned':
      return [takeSnapshot]
    case 'read':
      return [
        (s, mine) => {
          keepHigher(s.generations[first], mine)
          mine.at = 'half'
        },
      ]
    case 'half':
      return [
        (s, mine) => {
          keepHigher(s.generations[other(first)], mine)
          s.done[mine.event] = true
          Object.assign(mine, { at: 'over', version: 0, content: 0, live: 0 } satisfies Partial<Attempt>)
        },
      ]
    case 'over':
      return []
  }
}

function takeSnapshot(s: State, mine: Attempt): void {
  mine.content = s.db
  mine.at = 'read'
}

/** What every read store does: of two versions it keeps the higher one. */
function keepHigher(stored: Stored, { version, content }: Attempt): void {
  if (version > stored.version) Object.assign(stored, { version, content })
}
