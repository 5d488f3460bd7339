import type { AnswerMeta } from '@platform/contracts'
import { createContext } from 'preact'
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Connection, listenToChanges } from './changes.ts'

type ChangeListener = (divisions: readonly string[] | null, meta: AnswerMeta | undefined) => void

export interface Live {
  connection: Connection
  /** How fresh the rankings are, as the stream has last said. */
  meta: AnswerMeta | undefined
  subscribe(listener: ChangeListener): () => void
}

const LiveContext = createContext<Live | undefined>(undefined)
export const LiveProvider = LiveContext.Provider

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (live === undefined) throw new Error('expected a LiveProvider around this component')
  return live
}

/** Called when divisions have changed; with null when anything may have. */
export function useChanges(listener: ChangeListener): void {
  const { subscribe } = useLive()
  const latest = useRef(listener)
  latest.current = listener
  useEffect(() => subscribe((divisions, meta) => latest.current(divisions, meta)), [subscribe])
}

/** The one connection of this page to the stream of changes. */
export function useStream(): Live {
  const [connection, setConnection] = useState<Connection>('connecting')
  const [meta, setMeta] = useState<AnswerMeta>()
  const listeners = useMemo(() => new Set<ChangeListener>(), [])
  useEffect(
    () =>
      listenToChanges({
        open: () => new EventSource('/api/rankings/stream'),
        listener: {
          onConnection: setConnection,
          onFreshness: setMeta,
          onChange: (divisions, at) => {
            for (const listener of listeners) listener(divisions, at)
          },
        },
      }),
    [listeners],
  )
  const subscribe = useMemo(
    () => (listener: ChangeListener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    [listeners],
  )
  return useMemo(() => ({ connection, meta, subscribe }), [connection, meta, subscribe])
}
