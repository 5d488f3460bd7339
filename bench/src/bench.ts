import type { Postgres, ProcessGuard } from 'cornerman/testing'
import type { Options } from './options.ts'
import type { Report } from './report.ts'

/** What a bench works with; the server and the guard end with the run, and all databases with them. */
export interface BenchContext {
  readonly postgres: Postgres
  readonly guard: ProcessGuard
  /** A folder for what the started processes log. */
  readonly logs: string
  readonly options: Options
  readonly report: Report
}

export interface Bench {
  readonly summary: string
  run(context: BenchContext): Promise<void>
}

/** The final state is not what it must be: the figures of the run say nothing. */
class VoidRun extends Error {
  override readonly name = 'VoidRun'
}

export function refuseDifferences(what: string, differences: readonly string[]): void {
  if (differences.length === 0) return
  const shown = differences.slice(0, 5).join('; ')
  throw new VoidRun(`${what}: ${differences.length} differences from what was computed apart: ${shown}`)
}
