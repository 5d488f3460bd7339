import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ImportReport, importResults, readFolder } from '@platform/command-service/importer'
import type { CommandSide } from '../commandSide.ts'

const headers = {
  events: 'EVENT,URL,DATE,LOCATION',
  fighters: 'FIGHTER,WEIGHT,URL',
  results: 'EVENT,BOUT,OUTCOME,WEIGHTCLASS,METHOD,ROUND,TIME,URL',
}

/** Lines of each file, as publishers write them. Without fighters there is no such file. */
export interface Published {
  events: string[]
  results: string[]
  fighters?: string[]
}

/** Folders of made-up results, and their import. */
export class Publisher {
  readonly #base = mkdtempSync(join(tmpdir(), 'published-'))
  #folders = 0

  folder(published: Published): string {
    const folder = join(this.#base, String(++this.#folders))
    mkdirSync(folder)
    for (const [name, lines] of Object.entries(published) as [keyof Published, string[] | undefined][])
      if (lines !== undefined) writeFileSync(join(folder, `${name}.csv`), `${[headers[name], ...lines].join('\n')}\n`)
    return folder
  }

  /** Imports these lines. Whatever becomes of them, the sum must be right. */
  async imported({ db }: Pick<CommandSide, 'db'>, published: Published): Promise<ImportReport> {
    const report = await importResults(db, await readFolder(this.folder(published)))
    const { read, taken, alreadyThere, rejected } = report
    if (read !== taken + alreadyThere + rejected) throw new Error(`the sum is wrong: ${JSON.stringify(report)}`)
    return report
  }

  close(): void {
    rmSync(this.#base, { recursive: true, force: true })
  }
}

let bouts = 0

/** A line of results.csv; its reference is its own. */
export const bout = (
  event: string,
  pair: string,
  { outcome = 'W/L', kind = 'Lightweight Bout', method = 'Decision - Unanimous ' } = {},
): string => `${event},${pair},${outcome},${kind},${method},3,5:00,http://x/b${++bouts}`
