import { shown } from './shown.ts'

/** Column name to PostgreSQL type, in the key's own order: `{ division_id: 'uuid', athlete_id: 'uuid' }`. */
export type KeyShape = Readonly<Record<string, string>>

/** A key in canonical form: each part is text as PostgreSQL itself prints a value of that type. */
export type Key = readonly string[]

/** A key as a mapping function returns it; parts are not yet checked. */
export type RawKey = readonly unknown[]

/** The longest key, all parts together, in bytes of UTF-8. */
export const keyBytesMax = 512

/** One string per key, different for different keys, to index keys by. */
export function keyString(key: Key): string {
  return key.length === 1 ? key[0]! : JSON.stringify(key)
}

/** A key as people see it, in messages and on the command line: its parts with commas between them. */
export function keyText(key: Key): string {
  return key.join(', ')
}

const canonicalForms: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  smallint: /^(0|-?[1-9]\d{0,3})$/,
  integer: /^(0|-?[1-9]\d{0,8})$/,
  int: /^(0|-?[1-9]\d{0,8})$/,
  bigint: /^(0|-?[1-9]\d{0,17})$/,
  // Half a surrogate pair leaves this process as another character.
  text: /^[^\0\ud800-\udfff]*$/u,
}

/** Whether the text is certainly what PostgreSQL prints for that value; when not, PostgreSQL has to be asked. */
export function isCanonical(type: string, text: string): boolean {
  return canonicalForms[type]?.test(text) ?? false
}

/** Why a raw key cannot be one at all, or `undefined`. */
export function keyFault(shape: KeyShape, key: unknown): string | undefined {
  const columns = Object.keys(shape)
  if (!Array.isArray(key)) return `expected a key to be an array of ${columns.length}, got: ${shown(key)}`
  if (key.length !== columns.length) {
    return `expected a key of ${columns.length} parts (${columns.join(', ')}), got: ${shown(key)}`
  }
  for (const [i, column] of columns.entries()) {
    const fault = partFault(key[i])
    if (fault !== undefined) return `${column} is ${fault} in the key ${shown(key)}`
  }
  const bytes = Buffer.byteLength(key.join(''))
  if (bytes > keyBytesMax)
    return `a key of ${bytes} bytes is longer than ${keyBytesMax}: ${String(key[0]).slice(0, 40)}…`
  return undefined
}

function partFault(part: unknown): string | undefined {
  if (part === null || part === undefined) return 'null'
  if (typeof part === 'number') return numberFault(part)
  return ['string', 'bigint', 'boolean'].includes(typeof part) ? undefined : 'neither text nor a number'
}

/** JSON has larger integers than JavaScript: what was rounded on the way would name another row. */
function numberFault(part: number): string | undefined {
  if (!Number.isFinite(part)) return 'no number'
  return Number.isInteger(part) && !Number.isSafeInteger(part)
    ? 'beyond the integers that JavaScript holds exactly (put it into the event as text)'
    : undefined
}
