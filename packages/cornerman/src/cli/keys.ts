import type { Connection } from '../database.ts'
import { CornermanError, messageOf } from '../errors.ts'
import { type Key, keyFault } from '../key.ts'
import { faultKind } from '../postgresFault.ts'
import type { Projection } from '../projection.ts'
import { identifier } from '../sql.ts'

/** Keys as they are typed: the parts with commas between them, or a JSON array; made canonical by PostgreSQL. */
export async function parseKeys(
  connection: Connection,
  projection: Projection,
  texts: readonly string[],
): Promise<Key[]> {
  const keys: Key[] = []
  for (const text of texts) keys.push(await canonical(connection, projection, partsOf(projection, text), text))
  return keys
}

function partsOf({ key, keyColumns }: Projection, text: string): string[] {
  const parts = jsonArray(text) ?? (keyColumns.length === 1 ? [text] : text.split(',').map((part) => part.trim()))
  const fault = keyFault(key, parts)
  if (fault !== undefined) throw malformed(text, fault, keyColumns)
  return parts.map(String)
}

/** The parts of a JSON array; `undefined` for other text. */
export function jsonArray(text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? (value as unknown[]) : undefined
  } catch {
    return undefined
  }
}

async function canonical(
  connection: Connection,
  { key, keyColumns }: Projection,
  parts: readonly string[],
  text: string,
): Promise<Key> {
  const values = keyColumns.map((name, i) => `($${i + 1}::text::${key[name]})::text as ${identifier(name)}`)
  try {
    const { rows } = await connection.query<Record<string, string>>(`select ${values.join(', ')}`, [...parts])
    return keyColumns.map((name) => rows[0]![name]!)
  } catch (error) {
    if (faultKind(error) !== 'data') throw error
    throw malformed(text, messageOf(error), keyColumns)
  }
}

function malformed(text: string, reason: string, keyColumns: readonly string[]): CornermanError {
  const [parts, example] = [keyColumns.join(','), JSON.stringify(keyColumns)]
  return new CornermanError('KEY_MALFORMED', `${JSON.stringify(text)} is not a key: ${reason}`, {
    hint: `--key '${parts}', with the values in place of the names; or as JSON, when a value has a comma in it: --key '${example}'`,
  })
}
