import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from '../database/database.ts'
import { createDivisions } from '../divisions/divisionCommands.ts'
import { startPeriod } from '../rankings/periodCommands.ts'
import { type ImportOptions, ImportRun } from './importRun.ts'
import {
  eventColumns,
  fighterColumns,
  parseEvent,
  parseFighter,
  parseResult,
  type Parsed,
  resultColumns,
} from './parse.ts'
import { People } from './people.ts'
import { type CsvFile, type CsvRow, readCsv, type Rejected } from './readCsv.ts'
import { importDivisions } from './weightClass.ts'

export type { ImportOptions } from './importRun.ts'
export { type Rejected, UnusableFile } from './readCsv.ts'

/** What became of the results that were read: read = taken + already there + rejected. */
export interface ImportReport {
  read: number
  taken: number
  alreadyThere: number
  /** Of the results. */
  rejected: number
  /** Every line that was not taken, of all three files. */
  rejects: Rejected[]
  athletes: number
  events: number
  /** The ranking date at the end: the day of the last event. */
  rankingDate: string | null
}

/**
 * Takes published results through the same code as the commands, with their events, the oldest first. What is there already is
 * left alone, so it may be run again, also after it was killed; a second folder goes on where the first one ended.
 */
export async function importResults(
  db: Database,
  files: PublishedFiles,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const rejects = [...files.events.rejected, ...files.fighters.rejected, ...files.results.rejected]
  const events = parseAll('events.csv', files.events.rows, parseEvent, rejects)
  const fighters = parseAll('fighters.csv', files.fighters.rows, parseFighter, rejects)
  const before = rejects.length
  const results = parseAll('results.csv', files.results.rows, parseResult, rejects)
  const broken = files.results.rejected.length + rejects.length - before
  const read = files.results.rows.length + files.results.rejected.length
  const divisions = await ensureDivisions(db)
  const people = await People.load(db)
  const registered = await people.register(db, fighters)
  const run = new ImportRun(db, divisions, people, files.results.rows, rejects)
  await run.take(events, results, { ...options, read })
  const rankingDate = await moveRankingDate(db)
  return {
    read,
    taken: run.taken,
    alreadyThere: run.alreadyThere,
    rejected: broken + run.rejected,
    rejects,
    athletes: registered + run.unlisted,
    events: run.events,
    rankingDate,
  }
}

/** What lies in a folder of published results, line by line. */
export interface PublishedFiles {
  events: CsvFile
  results: CsvFile
  fighters: CsvFile
}

/** Reads `events.csv`, `results.csv` and, if it is there, `fighters.csv`; refused with `UnusableFile`. */
export async function readFolder(folder: string): Promise<PublishedFiles> {
  const fighters = join(folder, 'fighters.csv')
  return {
    events: await readCsv(join(folder, 'events.csv'), eventColumns),
    results: await readCsv(join(folder, 'results.csv'), resultColumns),
    fighters: existsSync(fighters) ? await readCsv(fighters, fighterColumns) : { rows: [], rejected: [] },
  }
}

function parseAll<T>(
  file: string,
  rows: readonly CsvRow[],
  parse: (row: CsvRow) => Parsed<T>,
  rejects: Rejected[],
): T[] {
  return rows.flatMap((row) => {
    const parsed = parse(row)
    if ('value' in parsed) return [parsed.value]
    rejects.push({ file, line: row.line, reason: parsed.reason, text: Object.values(row.values).join(',') })
    return []
  })
}

/** Slug → id; those that are missing are created. */
async function ensureDivisions(db: Database): Promise<Map<string, string>> {
  const known = await db.selectFrom('tournament.divisions').select(['id', 'slug']).execute()
  const ids = new Map(known.map((row) => [row.slug, row.id]))
  const missing = importDivisions
    .filter((division) => !ids.has(division.slug))
    .map((division) => ({ ...division, id: randomUUID() }))
  if (missing.length > 0) await db.transaction().execute((trx) => createDivisions(trx, missing))
  for (const { slug, id } of missing) ids.set(slug, id)
  return ids
}

/** The ranking date is the day of the last event that has a result, unless it is so already. */
async function moveRankingDate(db: Database): Promise<string | null> {
  const last = await db
    .selectFrom('tournament.events as e')
    .innerJoin('tournament.matches as m', 'm.event_id', 'e.id')
    .select((eb) => eb.fn.max('e.date').as('date'))
    .where('m.outcome', 'is not', null)
    .where('e.source_ref', 'is not', null)
    .executeTakeFirst()
  const current = await db
    .selectFrom('tournament.ranking_periods')
    .select('ranking_date')
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  const date = (last?.date as string | null | undefined) ?? null
  if (date !== null && date !== current?.ranking_date) await db.transaction().execute((trx) => startPeriod(trx, date))
  return date
}
