/**
 * Every error of the toolkit has a code that never changes its meaning, a message that names the values at fault, and a
 * hint that says what to do about it. `docs/reference/errors.md` has an entry for each code; a test holds the two together.
 */
export const errorCodes = {
  CONFIG_INVALID: { retryable: false },
  CONFIG_NOT_FOUND: { retryable: false },
  PROJECTION_INVALID: { retryable: false },
  PROJECTION_UNKNOWN: { retryable: false },
  GENERATION_UNKNOWN_VERSION: { retryable: true },
  DATABASE_UNREACHABLE: { retryable: true },
  SCHEMA_MISSING: { retryable: false },
  SCHEMA_TOO_NEW: { retryable: false },
  EVENT_INVALID: { retryable: false },
  NOT_IN_TRANSACTION: { retryable: false },
  HANDLE_UNKNOWN: { retryable: false },
  KEY_MALFORMED: { retryable: false },
  DOCUMENT_NOT_UNIQUE: { retryable: false },
  DOCUMENT_FAILED: { retryable: false },
  DOCUMENT_REFUSED: { retryable: false },
  MAPPING_FAILED: { retryable: false },
  LEASE_LOST: { retryable: true },
  LEDGER_UNBALANCED: { retryable: true },
  ATTEMPT_TOO_OLD: { retryable: true },
  GENERATION_GONE: { retryable: true },
  STORE_UNREACHABLE: { retryable: true },
  PROMOTION_REFUSED: { retryable: false },
  OUTBOX_LOST: { retryable: true },
  HISTORY_CHANGED: { retryable: true },
  READ_MODEL_UNAVAILABLE: { retryable: true },
  PARKED_LIMIT: { retryable: true },
  TABLE_UNKNOWN: { retryable: false },
  ROLE_UNKNOWN: { retryable: false },
  RIGHT_MISSING: { retryable: false },
  FILE_EXISTS: { retryable: false },
  COMMAND_INVALID: { retryable: false },
  INTERRUPTED: { retryable: true },
  UNEXPECTED: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>

export type ErrorCode = keyof typeof errorCodes

export interface ErrorFacts {
  /** What to do now. The command line prints it after `Try:`. */
  hint?: string
  cause?: unknown
}

export class CornermanError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'CornermanError'
    this.code = code
    this.hint = facts.hint
    this.retryable = errorCodes[code].retryable
  }
}

export function hasCode(error: unknown, code: ErrorCode): error is CornermanError {
  return error instanceof CornermanError && error.code === code
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
