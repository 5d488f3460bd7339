import { changing, type Model } from './explore.ts'

export interface RebuildOptions {
  readonly commits: number
  /** One attempt for each event that is listed. */
  readonly attempts: readonly number[]
  /** What is wrong in the mutants. */
  readonly mutant?: 'the list of generations is cached' | 'the scan begins before the generation is listed'
}

interface Stored {
  version: number
  content: number
}

interface Attempt extends Stored {
  event: number
  at: 'list' | 'idle' | 'read' | 'half' | 'over'
  /** Whether it writes to the new generation too. */
  both: boolean
}

interface State {
  db: number
  version: number
  building: boolean
  old: Stored
  fresh: Stored
  scan: Stored & { at: 'mark' | 'read' | 'write' | 'mark late' | 'over' }
  attempts: Attempt[]
}

/** A rebuild beside live attempts: without any catch-up, both generations equal the source at every end. */
export function rebuild({ commits, attempts, mutant }: RebuildOptions): Model<State> {
  const cached = mutant === 'the list of generations is cached'
  const late = mutant === 'the scan begins before the generation is listed'
  return {
    start: {
      db: 0,
      version: 0,
      building: false,
      old: { version: 0, content: 0 },
      fresh: { version: 0, content: 0 },
      scan: { at: late ? 'read' : 'mark', version: 0, content: 0 },
      attempts: attempts.map((event) => ({ event, at: cached ? 'list' : 'idle', version: 0, content: 0, both: false })),
    },

    steps(state) {
      const next: State[] = []
      const change = changing(state)
      const step = (f: (copy: State) => void) => next.push(change(f))
      if (state.db < commits) step((s) => void s.db++)
      if (state.scan.at === 'mark' || state.scan.at === 'mark late') {
        step((s) => {
          s.building = true
          s.scan.at = s.scan.at === 'mark' ? 'read' : 'over'
        })
      }
      if (state.scan.at === 'read') {
        step((s) => void (s.scan = { at: 'write', version: ++s.version, content: s.db }))
      }
      if (state.scan.at === 'write') {
        step((s) => {
          keepHigher(s.fresh, s.scan)
          s.scan = { at: late ? 'mark late' : 'over', version: 0, content: 0 }
        })
      }
      state.attempts.forEach((attempt, i) => {
        const f = attemptStep(attempt, cached)
        if (f !== undefined && (attempt.at === 'list' || state.db >= attempt.event)) step((s) => f(s, s.attempts[i]!))
      })
      return next
    },

    wrong: (s, isEnd) => isEnd && (s.old.content !== s.db || s.fresh.content !== s.db),
  }
}

function attemptStep({ at }: Attempt, cached: boolean): ((s: State, mine: Attempt) => void) | undefined {
  switch (at) {
    case 'list':
      return (s, mine) => Object.assign(mine, { both: s.building, at: 'idle' })
    case 'idle':
      return (s, mine) => {
        Object.assign(mine, { version: ++s.version, content: s.db, at: 'read' })
        if (!cached) mine.both = s.building
      }
    case 'read':
      return (s, mine) => {
        if (mine.both) keepHigher(s.fresh, mine)
        mine.at = 'half'
      }
    case 'half':
      return (s, mine) => {
        keepHigher(s.old, mine)
        Object.assign(mine, { at: 'over', version: 0, content: 0, both: false })
      }
    case 'over':
      return undefined
  }
}

function keepHigher(stored: Stored, { version, content }: Stored): void {
  if (version > stored.version) Object.assign(stored, { version, content })
}
