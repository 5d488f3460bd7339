import type { AnswerMeta, RankingsChange } from '@platform/contracts'

export type Connection = 'connecting' | 'open' | 'lost'

interface ChangesListener {
  onConnection(connection: Connection): void
  /** Null: something may have been missed, or nobody can tell what: read everything anew. */
  onChange(divisions: readonly string[] | null, meta: AnswerMeta | undefined): void
  onFreshness(meta: AnswerMeta): void
}

/** The part of `EventSource` that is used here. */
export interface Source {
  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void
  close(): void
}

export interface ChangesOptions {
  open: () => Source
  listener: ChangesListener
  /** After how long without a word the connection counts as lost, in milliseconds. Defaults to 15 000: there is a word every five seconds at least. */
  silentAfterMs?: number
  /** How long to wait before the first new attempt, in milliseconds; doubled up to 10 s. Defaults to 500. */
  retryMs?: number
}

const retryMsMax = 10_000

/**
 * Listens to the stream of changes for as long as the page lives. A browser gives up on a stream that is answered with an error,
 * and never notices one that has silently died; so each attempt is a source of its own, dropped when it fails or falls silent.
 */
export function listenToChanges({ open, listener, silentAfterMs = 15_000, retryMs = 500 }: ChangesOptions): () => void {
  let source: Source | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempts = 0
  let hasBeenOpen = false

  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(lose, silentAfterMs)
  }

  const connect = () => {
    const current = open()
    source = current
    const on = (type: string, handle: (data: unknown) => void) =>
      current.addEventListener(type, ({ data }) => {
        if (source !== current) return
        heard()
        handle(data)
      })
    heard()
    on('open', () => {
      attempts = 0
      listener.onConnection('open')
      if (hasBeenOpen) listener.onChange(null, undefined)
      hasBeenOpen = true
    })
    on('change', (data) => {
      const change = JSON.parse(String(data)) as RankingsChange
      listener.onChange(change.divisions, change.meta)
      listener.onFreshness(change.meta)
    })
    on('freshness', (data) => listener.onFreshness(JSON.parse(String(data)) as AnswerMeta))
    current.addEventListener('error', () => {
      if (source === current) lose()
    })
  }

  const lose = () => {
    source?.close()
    source = undefined
    clearTimeout(timer)
    listener.onConnection('lost')
    timer = setTimeout(connect, Math.min(retryMs * 2 ** attempts++, retryMsMax))
  }

  listener.onConnection('connecting')
  connect()
  return () => {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }
}
