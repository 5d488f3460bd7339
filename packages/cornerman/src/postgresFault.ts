import { hasCode } from './errors.ts'

/**
 * What a failed statement says about the next try:
 * - `data`: these values cannot be worked with; other keys can (division by zero, a malformed uuid, a raised exception);
 * - `definition`: the statement itself no longer fits the database (a dropped column, a missing right): no key will work;
 * - `transient`: the server, the connection, a lock, a time-out: the same call may work later.
 */
export type FaultKind = 'data' | 'definition' | 'transient'

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const dataClasses = ['21', '22', '23', '2F', '54', 'P0']
const definitionClasses = ['0A', '28', '3D', '3F', '42']

export function faultKind(error: unknown): FaultKind {
  const state = sqlState(error)
  if (state === undefined) return 'transient'
  if (dataClasses.some((prefix) => state.startsWith(prefix))) return 'data'
  if (definitionClasses.some((prefix) => state.startsWith(prefix))) return 'definition'
  return 'transient'
}

/** A statement that was cancelled by its time limit: one key may be the one that takes too long. */
export function isStatementTimeout(error: unknown): boolean {
  return sqlState(error) === '57014'
}

export function isUndefinedTable(error: unknown): boolean {
  return sqlState(error) === '42P01'
}

export function isRightMissing(error: unknown): boolean {
  return sqlState(error) === '42501'
}

export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === '55P03'
}

export function sqlState(error: unknown): string | undefined {
  if (hasCode(error, 'DATABASE_UNREACHABLE')) return undefined
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}
