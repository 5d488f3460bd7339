import { CornermanError } from '../errors.ts'
import { type NewEvent, outboxRow, outboxRows } from './event.ts'
import { executorOf, type TransactionHandle } from './handle.ts'

export interface AppendedEvent {
  id: string
  /** Where the event stands in the outbox. A query that is given it as `after` waits for the change. */
  position: number
}

const columns = ['id', 'aggregatetype', 'aggregateid', 'type', 'payload', 'headers']
const types = ['uuid', 'text', 'text', 'text', 'jsonb', 'jsonb']

/**
 * Appends an event to the outbox in the caller's own transaction: it leaves if and only if the transaction commits.
 * @throws NOT_IN_TRANSACTION when the handle is not in a transaction; nothing is appended then.
 * @throws EVENT_INVALID with all that is wrong with the event.
 * @throws HANDLE_UNKNOWN when the handle is none that can be used, or keeps the rows to itself.
 */
export async function append(transaction: TransactionHandle, event: NewEvent): Promise<AppendedEvent>
/** Appends many events, in their order, in one statement. */
export async function append(transaction: TransactionHandle, events: readonly NewEvent[]): Promise<AppendedEvent[]>
export async function append(
  transaction: TransactionHandle,
  events: NewEvent | readonly NewEvent[],
): Promise<AppendedEvent | AppendedEvent[]> {
  const { text, values } = appendClause(events)
  if (!isList(events)) return (await run(transaction, text, values, 1))[0]!
  return events.length === 0 ? [] : run(transaction, text, values, events.length)
}

async function run(
  transaction: TransactionHandle,
  text: string,
  values: unknown[],
  count: number,
): Promise<AppendedEvent[]> {
  const rows: unknown = await (await executorOf(transaction))(text, values)
  if (Array.isArray(rows) && rows.length === count) return rows.map(appendedEvent)
  throw new CornermanError('HANDLE_UNKNOWN', `append was not given the ${count} rows that its statement returned`, {
    hint: 'the function that runs the statement must return its rows: [{ id, position }]',
  })
}

const isList = (events: NewEvent | readonly NewEvent[]): events is readonly NewEvent[] => Array.isArray(events)

const appendedEvent = (row: Record<string, unknown>): AppendedEvent => ({
  id: String(row['id']),
  position: Number(row['position']),
})

/**
 * The insert as a clause of a bigger statement, so that the events cost no round trip of their own:
 *
 *     with appended as (…), … update matches set … returning (select position from appended)
 *
 * Its parameters begin at `$firstParameter`; it returns `id, position`, a row for each event. A single statement is a
 * transaction of its own, so this is safe outside one too: the change and its event are one statement.
 */
export function appendClause(
  events: NewEvent | readonly NewEvent[],
  firstParameter = 1,
): { text: string; values: unknown[] } {
  const rows = isList(events) ? outboxRows(events) : [outboxRow(events)]
  const insert = `insert into cornerman.outbox (${columns.join(', ')})`
  const $ = (array: '' | '[]') => types.map((type, i) => `$${firstParameter + i}::${type}${array}`).join(', ')
  // The plain form is half the work for the server, and most changes have one event.
  if (rows.length === 1) return { text: `${insert} values (${$('')}) returning id, position`, values: [...rows[0]!] }
  const text = `${insert}
select ${columns.map((name) => `e.${name}`).join(', ')} from unnest(${$('[]')}) with ordinality as e(${columns.join(', ')}, place)
order by e.place returning id, position`
  return { text, values: columns.map((_, column) => rows.map((row) => row[column])) }
}
