import { CornermanError, type ErrorCode, messageOf } from '../errors.ts'
import { isRightMissing, sqlState } from '../postgresFault.ts'

/** Whatever a command threw, as an error with a code and a hint. */
export function asCornermanError(error: unknown): CornermanError {
  if (error instanceof CornermanError) return error
  const [code, hint] = codeAndHint(error)
  return new CornermanError(code, messageOf(error), { hint, cause: error })
}

function codeAndHint(error: unknown): [ErrorCode, string] {
  const state = sqlState(error)
  if (isRightMissing(error))
    return [
      'RIGHT_MISSING',
      'grant it to the role of DATABASE_URL, or use another role; `cornerman migrate --projector <role>` grants what a projector needs',
    ]
  if (state?.startsWith('08') || state?.startsWith('57P') || isConnectionFault(error))
    return [
      'DATABASE_UNREACHABLE',
      'the connection was lost on the way: check that the server runs, then run this again',
    ]
  return ['UNEXPECTED', 'run it again; if it stays, report it with this line and what you did']
}

const isConnectionFault = (error: unknown) =>
  /^E(CONN|PIPE|HOST|NET|TIMEDOUT)/.test(String((error as { code?: unknown } | null)?.code)) ||
  /^Connection terminated|^timeout expired|^Query read timeout/.test(messageOf(error))

/** The command was ended by Ctrl-C or SIGTERM before it was done. */
export function interrupted(what = 'stopped before it was done', hint?: string): CornermanError {
  return new CornermanError('INTERRUPTED', what, hint === undefined ? {} : { hint })
}
