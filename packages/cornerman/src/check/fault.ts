import { messageOf } from '../errors.ts'
import { isStatementTimeout, faultKind, sqlState } from '../postgresFault.ts'
import type { Problem } from '../problem.ts'

/** What PostgreSQL says of a query, as a problem: with its own hint where it has one. Rethrows what is no fault of the query. */
export function faultProblem(where: string, error: unknown, said = ''): Problem {
  if (sqlState(error) === undefined || (faultKind(error) === 'transient' && !isStatementTimeout(error))) throw error
  const hint = hintOf(error)
  return { where, message: said + messageOf(error), ...(hint === undefined ? {} : { hint }) }
}

const rights = '42501'
const hints: Record<string, string> = {
  '42P01': 'name it with its schema, and see that the migration that makes it has run',
  '42703': 'see which columns the relation has: \\d in psql',
  '42601': 'it is put into brackets as it stands: one statement that begins with select or with',
  '42804': 'cast one of the two, or make both of one type',
  '42P18': 'say of which type the value is: ${(e) => e.athleteId}::uuid',
  '57014': 'make it faster, with an index on the columns by which a key finds its rows',
}

function hintOf(error: unknown): string | undefined {
  const state = sqlState(error)!
  if (state === rights) return rightsHint(messageOf(error))
  const own = (error as { hint?: unknown }).hint
  return typeof own === 'string' ? own : hints[state]
}

function rightsHint(message: string): string {
  if (message.includes('temporary tables'))
    return 'the check makes a temporary view of the query: grant temporary on the database to this role'
  const [, schema] = /for schema (\S+)/.exec(message) ?? []
  if (schema !== undefined) return `grant usage on schema ${schema} to this role, and select on what it reads there`
  return 'publish it to the projector: grant select on it to this role, best by a view in the schema published'
}
