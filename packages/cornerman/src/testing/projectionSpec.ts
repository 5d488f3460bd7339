import assert from 'node:assert/strict'
import { connect, type Connection } from '../database.ts'
import type { FeedEvent } from '../feed.ts'
import { type Key, keyString, keyText } from '../key.ts'
import { didYouMean } from '../options.ts'
import { type AnyEvent, type Projection, titleOf } from '../projection.ts'
import { compileMappings, documentStatement, domainStatement } from '../projector/compile.ts'
import { staleKeys, type StaleKeys } from '../projector/staleKeys.ts'
import { differences } from './differences.ts'

/** A document by its key; `null` stands for none. */
export interface ExpectedDocument {
  key: readonly string[]
  document: unknown
}

export interface ProjectionSpec {
  /** Puts rows into the database: any SQL. */
  given(sql: string, values?: unknown[]): Promise<void>
  /** Says which event happened. Only its keys matter: the rows are as `given` has left them. */
  when(event: AnyEvent): Promise<void>
  /** Fails unless these are exactly the documents that the events since the last `thenDocuments` have made stale, as they are now. */
  thenDocuments(expected: readonly ExpectedDocument[]): Promise<void>
  /** All documents, as a rebuild would make them. */
  documents(): Promise<ExpectedDocument[]>
  close(): Promise<void>
}

/** Given rows, when event, then documents: tries a projection on a real PostgreSQL, without outbox, feed and store. */
export async function projectionSpec(projection: Projection, url: string): Promise<ProjectionSpec> {
  const connection = await connect({ url, applicationName: 'cornerman spec' })
  const stale = new Map<string, Key>()
  return {
    async given(sql, values) {
      await connection.query(sql, values)
    },
    async when(event) {
      refuseMisspelt(projection, event)
      const found = await keysOf(connection, projection, [feedEvent(event)])
      const fault = [...found.failed.map((each) => each.fault.reason), ...found.malformed.map((each) => each.reason)][0]
      if (fault !== undefined) fail(`${titleOf(projection)}, ${event.type}: ${fault}`)
      for (const [name, { key }] of found.keys) stale.set(name, key)
    },
    async thenDocuments(expected) {
      const actual = await documentsOf(connection, projection, [...stale.values()])
      stale.clear()
      compare(projection, sorted(actual), sorted(expected))
    },
    documents: () => allDocuments(connection, projection),
    close: () => connection.end(),
  }
}

function fail(message: string, facts: { actual?: unknown; expected?: unknown } = {}): never {
  throw new assert.AssertionError({ message, ...facts })
}

/** An event that a projection does not hear of is no mistake; one that it nearly hears of is. */
function refuseMisspelt({ mappings, ...projection }: Projection, { type }: AnyEvent): void {
  const meant = mappings.has(type) ? undefined : didYouMean(type, [...mappings.keys()])
  if (meant !== undefined) fail(`${titleOf(projection)} has no mapping for ${type}: did you mean ${meant}?`)
}

/** Says of each key what is wrong with it; test runners show both sides as well. */
function compare(
  projection: Projection,
  actual: readonly ExpectedDocument[],
  expected: readonly ExpectedDocument[],
): void {
  const found = new Map(actual.map((each) => [keyString(each.key), each]))
  const wanted = new Map(expected.map((each) => [keyString(each.key), each]))
  const faults = [...new Set([...wanted.keys(), ...found.keys()])].flatMap((name) => {
    const [is, should] = [found.get(name), wanted.get(name)]
    const key = keyText((is ?? should)!.key)
    if (is === undefined) return [`${key} was expected, but no event has named it`]
    if (should === undefined) return [`${key} was named by an event, but not expected`]
    const differing = differences(should.document, is.document)
    return differing === undefined ? [] : [`${key}: ${differing} (expected → actual)`]
  })
  if (faults.length > 0)
    fail(`the documents of ${titleOf(projection)} are not as expected:\n  ${faults.join('\n  ')}`, { actual, expected })
}

const sorted = (documents: readonly ExpectedDocument[]) =>
  [...documents].sort((a, b) => (keyString(a.key) < keyString(b.key) ? -1 : 1))

const feedEvent = (event: AnyEvent): FeedEvent => ({
  source: 'spec',
  position: 1,
  id: '',
  type: event.type,
  aggregateType: '',
  aggregateId: '',
  payload: JSON.stringify(event),
  recordedAtMs: 0,
})

/** The keys that events make stale, by the projection's own mappings. */
export async function keysOf(
  connection: Connection,
  projection: Projection,
  events: readonly FeedEvent[],
): Promise<StaleKeys> {
  return staleKeys(connection, projection, await compileMappings(connection, projection), events, {
    fanOutFrom: Number.MAX_SAFE_INTEGER - 1,
    keysMax: Number.MAX_SAFE_INTEGER,
  })
}

async function documentsOf(
  connection: Connection,
  projection: Projection,
  keys: readonly Key[],
): Promise<ExpectedDocument[]> {
  const columns = projection.keyColumns.map((_, i) => keys.map((key) => key[i]))
  const { rows } = await connection.query<{ key: string[]; document: string | null }>(
    documentStatement(projection),
    columns,
  )
  const found = new Map<string, string | null>()
  for (const { key, document } of rows) {
    if (found.has(keyString(key)))
      fail(`the document query of ${titleOf(projection)} returns more than one row for the key ${keyText(key)}`)
    found.set(keyString(key), document)
  }
  return keys.map((key) => {
    const document = found.get(keyString(key)) ?? null
    return { key, document: document === null ? null : (JSON.parse(document) as unknown) }
  })
}

const pageSize = 1_000

/** All documents, as a rebuild would make them. */
export async function allDocuments(connection: Connection, projection: Projection): Promise<ExpectedDocument[]> {
  const documents: ExpectedDocument[] = []
  let after: Key | undefined
  for (;;) {
    const statement = domainStatement(projection, { after: after !== undefined })
    const { rows } = await connection.query<{ key: string[] }>(statement, [pageSize, ...(after ?? [])])
    const keys = rows.map((row) => row.key)
    const page = await documentsOf(connection, projection, keys)
    documents.push(...page.filter(({ document }) => document !== null))
    after = keys.at(-1)
    if (keys.length < pageSize) return documents
  }
}
