import { createReadStream, existsSync } from 'node:fs'
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
  if (!existsSync(path)) throw new UnusableFile(`there is no ${file} in the folder (${path})`)
  const rejected: Rejected[] = []
  const rows: CsvRow[] = []
  let header: string[] | undefined
  const parser = createReadStream(path).pipe(
    parse({ bom: true, info: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true }),
  )
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
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

function refuseWithout(file: string, header: readonly string[], columns: readonly string[]): void {
  const missing = columns.filter((name) => !header.includes(name))
  if (missing.length > 0)
    throw new UnusableFile(`${file} has no column ${missing.join(', ')}; its header is: ${header.join(', ')}`)
}
