import type { Connection } from '../database.ts'
import { type Key, keyString } from '../key.ts'
import type { Projection } from '../projection.ts'
import { documentStatement, domainStatement } from '../projector/compile.ts'

const sampleSize = 20

export interface DocumentRow {
  key: string[]
  document: string | null
}

/** The first keys of the domain, in their own order. */
export async function sampleKeys(connection: Connection, projection: Projection, size = sampleSize): Promise<Key[]> {
  const { rows } = await connection.query<{ key: string[] }>(domainStatement(projection, { after: false }), [size])
  return rows.map((row) => row.key)
}

/** In the order of the keys, so that the same fault names the same key every time. */
export async function readDocuments(
  connection: Connection,
  projection: Projection,
  keys: readonly Key[],
): Promise<DocumentRow[]> {
  const { rows } = await connection.query<DocumentRow>(documentStatement(projection), keyArrays(projection, keys))
  const place = new Map(keys.map((key, i) => [keyString(key), i]))
  const placeOf = ({ key }: DocumentRow) => place.get(keyString(key)) ?? keys.length
  return rows.sort((a, b) => placeOf(a) - placeOf(b))
}

export const keyArrays = ({ keyColumns }: Projection, keys: readonly Key[]): unknown[] =>
  keyColumns.map((_, i) => keys.map((key) => key[i]))
