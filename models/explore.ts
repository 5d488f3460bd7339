/** A small state machine of everything that may happen at once. States are plain JSON. */
export interface Model<State> {
  readonly start: State
  /** The states that can come next. */
  steps(state: State): State[]
  /** Whether a state breaks a promise; `isEnd` when nothing more can happen. */
  wrong(state: State, isEnd: boolean): boolean
}

export interface Explored {
  readonly states: number
  readonly bad: number
}

/** Walks through every interleaving. */
export function explore<State>({ start, steps, wrong }: Model<State>): Explored {
  const seen = new Set<string>()
  const open = [start]
  let bad = 0
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = JSON.stringify(state)
    if (seen.has(key)) continue
    seen.add(key)
    const next = steps(state)
    if (wrong(state, next.length === 0)) bad++
    open.push(...next)
  }
  return { states: seen.size, bad }
}

/** `change(f)` is the state after `f` has changed a copy of it. */
export function changing<State>(state: State): (change: (copy: State) => void) => State {
  const text = JSON.stringify(state)
  return (change) => {
    const copy = JSON.parse(text) as State
    change(copy)
    return copy
  }
}
