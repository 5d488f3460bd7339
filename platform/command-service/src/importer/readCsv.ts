import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parse } from 'csv-parse'

/** A line of a file that cannot be taken, and why. */
export interface Rejected {
  file: string
  /** Of the file, from 1; the header is line 1. */
  line: number
  reason: string
  text: string
}

export interface CsvRow {
  line: number
  /** Column → value, blanks at both ends taken off. */
  values: Readonly<Record<string, string>>
}

export interface CsvFile {
  rows: CsvRow[]
  rejected: Rejected[]
}

/** The file is not what it should be: nothing of it can be taken. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile'
}

/** Reads a file with a header. Lines that are broken are rejected one by one; a file without its columns is refused. */
export async function readCsv(path: string, columns: readonly string[]): Promise<CsvFile> {
  const file = basename(path)
  const rejected: Rejected[] = []
  const rows: CsvRow[] = []
  let header: string[] | undefined
  for await (const { record, info } of parsedLines(file, await textOf(path))) {
    const fields = record.map((field) => field.replaceAll('\u0000', '').trim())
    if (header === undefined) {
      header = fields
      refuseWithout(file, header, columns)
    } else if (fields.length !== header.length) {
      rejected.push({
        file,
        line: info.lines,
        reason: `the line has ${fields.length} fields, the header ${header.length}`,
        text: record.join(','),
      })
    } else {
      rows.push({ line: info.lines, values: Object.fromEntries(header.map((name, i) => [name, fields[i]!])) })
    }
  }
  if (header === undefined) throw new UnusableFile(`${file} is empty: expected a header with ${columns.join(', ')}`)
  return { rows, rejected }
}

interface ParsedLine {
  record: string[]
  info: { lines: number }
}

async function textOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UnusableFile(code === 'ENOENT' ? `there is no ${path}` : `${path} cannot be read: ${message}`, {
      cause: error,
    })
  }
}

async function* parsedLines(file: string, text: Buffer): AsyncGenerator<ParsedLine> {
  try {
    yield* parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      // A blank before a quote would make it a letter like any other.
      trim: true,
    }) as AsyncIterable<ParsedLine>
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('CSV_') !== true) throw error
    throw new UnusableFile(`${file} is no CSV: ${(error as Error).message}`, { cause: error })
  }
}

function refuseWithout(file: string, header: readonly string[], columns: readonly string[]): void {
  const missing = columns.filter((name) => !header.includes(name))
  if (missing.length > 0)
    throw new UnusableFile(`${file} has no column ${missing.join(', ')}; its header is: ${header.join(', ')}`)
}
