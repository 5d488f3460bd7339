import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { get, Unanswered } from './get.ts'

export interface Answer<T> {
  /** The last answer; while another question is asked, still that of the one before. */
  data: T | undefined
  /** The question that `data` answers. */
  path: string | undefined
  error: Unanswered | undefined
  isLoading: boolean
  /** Asks again; `suffix` is added to the question. While it is being asked already, once more after that. */
  reload: (suffix?: string) => void
}

const retryMs = [1_000, 2_000, 4_000, 8_000]

/** What the query service answers to a question, asked again while it cannot answer. */
export function useAnswer<T>(path: string | undefined): Answer<T> {
  const [state, setState] = useState<Omit<Answer<T>, 'reload'>>({
    data: undefined,
    path: undefined,
    error: undefined,
    isLoading: true,
  })
  const ask = useRef<(suffix?: string) => void>(() => undefined)

  useEffect(() => {
    if (path === undefined) return
    const abort = new AbortController()
    let isAsking = false
    let again: { suffix: string } | undefined
    let failures = 0
    let retry: ReturnType<typeof setTimeout> | undefined

    const run = async (suffix = ''): Promise<void> => {
      clearTimeout(retry)
      if (isAsking) {
        again = { suffix }
        return
      }
      isAsking = true
      setState((before) => ({ ...before, isLoading: true }))
      try {
        const data = await get<T>(path + suffix, abort.signal)
        failures = 0
        if (!abort.signal.aborted) setState({ data, path, error: undefined, isLoading: false })
      } catch (error) {
        if (abort.signal.aborted) return
        const unanswered =
          error instanceof Unanswered ? error : new Unanswered(0, 'UNREADABLE', 'the answer cannot be read')
        setState((before) => ({ ...before, error: unanswered, isLoading: false }))
        if (unanswered.isPassing)
          retry = setTimeout(() => void run(suffix), retryMs[Math.min(failures++, retryMs.length - 1)])
      } finally {
        isAsking = false
        const next = again
        again = undefined
        if (next !== undefined && !abort.signal.aborted) void run(next.suffix)
      }
    }

    // What went wrong with another question is no answer to this one.
    setState((before) => ({ ...before, error: undefined }))
    ask.current = (suffix) => void run(suffix)
    void run()
    return () => {
      abort.abort()
      clearTimeout(retry)
    }
  }, [path])

  const reload = useCallback((suffix?: string) => ask.current(suffix), [])
  return { ...state, reload }
}
