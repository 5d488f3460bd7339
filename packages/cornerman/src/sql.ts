import { escapeIdentifier, escapeLiteral } from 'pg'
import { shown } from './shown.ts'

/** A value in an `sql` template: a constant, a function of the event, or another piece of SQL. */
export type SqlValue<E> = string | number | bigint | boolean | null | Sql | ((event: E) => unknown)

/**
 * A piece of SQL with holes. Functions in it become parameters that are computed from an event; constants become literals;
 * other pieces are spliced in.
 */
export interface Sql<E = never> {
  readonly kind: 'sql'
  readonly strings: readonly string[]
  readonly values: readonly SqlValue<E>[]
}

export function sql<E = never>(strings: TemplateStringsArray, ...values: SqlValue<E>[]): Sql<E> {
  return { kind: 'sql', strings: [...strings], values }
}

/** A piece of SQL from plain text, for SQL that is put together by a program. */
export function rawSql(text: string): Sql {
  return { kind: 'sql', strings: [text], values: [] }
}

export function isSql(value: unknown): value is Sql {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'sql'
}

/** What stands in a piece, or in a piece within it, and can be no part of a statement. */
export function sqlFaults(piece: Sql<never>): string[] {
  return piece.values.flatMap((value, i) => {
    if (isSql(value)) return sqlFaults(value)
    const fault = typeof value === 'function' ? undefined : literalFault(value)
    return fault === undefined ? [] : [`the value after …${piece.strings[i]!.slice(-30).trim()} is ${fault}`]
  })
}

function literalFault(value: unknown): string | undefined {
  if (typeof value === 'string') return value.includes('\0') ? 'a text with the character NUL' : undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value)
  return value === null || typeof value === 'boolean' || typeof value === 'bigint' ? undefined : shown(value)
}

export interface RenderedSql<E> {
  text: string
  /** The functions of the event, in the order of their placeholders. */
  parameters: readonly ((event: E) => unknown)[]
}

/** The text, with `placeholder(i)` (from 0) standing for the i-th distinct function of the event. */
export function renderSql<E>(piece: Sql<E>, placeholder: (index: number) => string): RenderedSql<E> {
  const parameters: ((event: E) => unknown)[] = []
  const renderValue = (value: SqlValue<E>): string => {
    if (isSql(value)) return render(value as Sql<E>)
    if (typeof value !== 'function') return literal(value)
    const known = parameters.indexOf(value)
    return placeholder(known === -1 ? parameters.push(value) - 1 : known)
  }
  const render = (part: Sql<E>): string =>
    part.strings.map((text, i) => (i === 0 ? text : renderValue(part.values[i - 1]!) + text)).join('')
  return { text: render(piece), parameters }
}

/** The text of a piece that has no functions of an event in it. */
export function plainSql(piece: Sql): string {
  return renderSql(piece, (index) => `$${index + 1}`).text
}

export function literal(value: string | number | bigint | boolean | null): string {
  const fault = literalFault(value)
  if (fault !== undefined) throw new TypeError(`${fault} cannot stand in SQL`)
  if (value === null) return 'null'
  if (typeof value === 'string') return escapeLiteral(value)
  // After a minus sign a negative number would begin a comment: `x -${-5}`.
  return typeof value !== 'boolean' && value < 0 ? `(${value})` : String(value)
}

export const identifier = escapeIdentifier

/** `"a", "b"`: the columns of a key or a table. */
export function columnList(names: readonly string[], prefix = ''): string {
  return names.map((name) => prefix + identifier(name)).join(', ')
}

/** A query as its author wrote it, fit to stand in brackets: no semicolon, and a comment in its last line ends there. */
export function bare(query: string): string {
  return `${query.trim().replace(/[;\s]+$/, '')}\n`
}
