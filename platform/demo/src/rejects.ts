import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Rejected } from '@platform/command-service/importer'

/** Writes what could not be taken as CSV. Nothing rejected is no file, also where an earlier import has left one. */
export function writeRejects(file: string, rejects: readonly Rejected[]): void {
  if (rejects.length === 0) return rmSync(file, { force: true })
  mkdirSync(dirname(file), { recursive: true })
  const rows = rejects.map(({ file: of, line, reason, text }) => [of, String(line), reason, text])
  writeFileSync(file, [['file', 'line', 'reason', 'text'], ...rows].map(csvLine).join(''))
}

const csvLine = (fields: readonly string[]) =>
  `${fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')}\n`
