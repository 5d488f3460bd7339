import { CornermanError, type ErrorCode } from './errors.ts'

/** One thing that is wrong with what a user wrote: where, what, and the cure. */
export interface Problem {
  /** Where, from the outside in: `rankings v2, document`. */
  where: string
  message: string
  hint?: string
  /** A warning does not keep a projector from starting. Defaults to `error`. */
  severity?: 'error' | 'warning'
}

export function formatProblem(problem: Problem): string {
  const line = `${problem.where}: ${problem.message}`
  return problem.hint === undefined ? line : `${line}\n    Try: ${problem.hint}`
}

/** Throws one error that lists all problems at once; returns when there are none. */
export function refuseProblems(code: ErrorCode, subject: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new CornermanError(
    code,
    `${subject} has ${count}:\n${problems.map((p) => `  - ${formatProblem(p)}`).join('\n')}`,
  )
}
