import type { ProblemDocument } from '@platform/contracts'

/** Why there is no answer. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
  /** 0 when nobody answered at all. */
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }

  /** Whether the same question may be answered later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429
  }
}

/** Asks the query service. Always asks: a kept answer may be older than the change that one has just heard of. */
export async function get<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(`/api${path}`, {
    signal,
    cache: 'no-cache',
    headers: { Accept: 'application/json' },
  }).catch((error: unknown) => {
    if (signal.aborted) throw error
    throw new Unanswered(0, 'UNREACHABLE', 'the server cannot be reached: is this device online?')
  })
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as T
}

async function problemOf(response: Response): Promise<Unanswered> {
  const problem = (await response.json().catch(() => ({}))) as Partial<ProblemDocument>
  return new Unanswered(
    response.status,
    problem.code ?? 'UNEXPECTED',
    problem.detail ?? `the server answered with ${response.status}`,
  )
}
