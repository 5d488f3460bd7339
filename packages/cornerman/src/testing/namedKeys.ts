import assert from 'node:assert/strict'
import { connect, type Connection } from '../database.ts'
import type { FeedEvent } from '../feed.ts'
import { type Key, keyString, keyText } from '../key.ts'
import { type Projection, titleOf } from '../projection.ts'
import { differences } from './differences.ts'
import { allDocuments, type ExpectedDocument, keysOf } from './projectionSpec.ts'

export interface NamedKeysOptions {
  /** The primary. */
  url: string
  projections: readonly Projection[]
}

/**
 * Runs a command and fails when a document has changed by it whose key none of the command's events names: the one mistake
 * that makes a read model wrong in silence, until verification finds it. Keys are asked for after the command, as a projector
 * does: a query over rows that have moved no longer finds the keys that were.
 */
export async function assertKeysAreNamed<T>(
  { url, projections }: NamedKeysOptions,
  command: () => Promise<T>,
): Promise<T> {
  const connection = await connect({ url, applicationName: 'cornerman named keys' })
  try {
    const before: ExpectedDocument[][] = []
    for (const projection of projections) before.push(await allDocuments(connection, projection))
    const end = await outboxEnd(connection)
    const result = await command()
    const events = await eventsAfter(connection, end)
    const faults: string[] = []
    for (const [i, projection] of projections.entries())
      faults.push(...(await forgotten(connection, projection, before[i]!, events)))
    if (faults.length > 0) throw new assert.AssertionError({ message: messageOf(faults, events) })
    return result
  } finally {
    await connection.end()
  }
}

const messageOf = (faults: readonly string[], events: readonly FeedEvent[]) =>
  [
    'documents have changed, but no event names their keys:',
    ...faults,
    `events of the command: ${events.map((each) => each.payload).join(', ') || 'none'}`,
  ].join('\n')

async function forgotten(
  connection: Connection,
  projection: Projection,
  before: readonly ExpectedDocument[],
  events: readonly FeedEvent[],
): Promise<string[]> {
  const after = await allDocuments(connection, projection)
  const { keys: named, failed, malformed } = await keysOf(connection, projection, events)
  const [was, is] = [byKey(before), byKey(after)]
  const changed = new Map<string, Key>([...before, ...after].map(({ key }) => [keyString(key), key]))
  const title = titleOf(projection)
  const faults = [...changed].flatMap(([name, key]) => {
    const differing = differences(was.get(name)?.document, is.get(name)?.document)
    return differing === undefined || named.has(name) ? [] : [`  ${title}, ${keyText(key)}: ${differing}`]
  })
  if (faults.length === 0) return []
  // What a mapping could not say may be the very key.
  const reasons = [...failed.map(({ fault }) => fault.reason), ...malformed.map(({ reason }) => reason)]
  return [...faults, ...reasons.map((reason) => `  ${title}: ${reason}`)]
}

const byKey = (documents: readonly ExpectedDocument[]) => new Map(documents.map((each) => [keyString(each.key), each]))

async function outboxEnd(connection: Connection): Promise<number> {
  const { rows } = await connection.query<{ end: number }>(
    'select coalesce(max(position), 0) as end from cornerman.outbox',
  )
  return rows[0]!.end
}

async function eventsAfter(connection: Connection, position: number): Promise<FeedEvent[]> {
  const { rows } = await connection.query<FeedEvent>(
    `select 'outbox' as source, position, id, type, aggregatetype as "aggregateType", aggregateid as "aggregateId", payload::text as payload, 0 as "recordedAtMs"
     from cornerman.outbox where position > $1 order by position`,
    [position],
  )
  return rows
}
