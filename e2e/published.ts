import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { repository } from '@platform/demo'

/** Where the published results lie on this machine: where the environment says, else beside the repository. */
export const publishedFolder = (): string | undefined =>
  [process.env['CORNERMAN_UFC_DATA'], process.env['UFC_DATA'], resolve(repository, '../shared/data/ufc')].find(
    (folder) => folder !== undefined && existsSync(join(folder, 'results.csv')),
  )

/** Made-up results as publishers write them, blanks at the ends of names included: events of ten bouts, one a week. */
export function writeMadeUp(folder: string, events: number): void {
  mkdirSync(folder, { recursive: true })
  const day = (event: number) => new Date(Date.UTC(2019, 0, 5 + 7 * event)).toISOString().slice(0, 10)
  const fighter = (number: number) => `Fighter ${number % 90}é`
  const eventLines = Array.from({ length: events }, (_, i) => `Night ${i},http://x/e${i},${day(i)},Lyon`)
  const bouts = Array.from({ length: events * 10 }, (_, i) => {
    const event = Math.floor(i / 10)
    const kind = i % 50 === 0 ? 'UFC Welterweight Title Bout' : 'Welterweight Bout'
    const outcome = ['W/L', 'L/W', 'D/D', 'NC/NC'][i % 11 < 8 ? i % 2 : (i % 11) - 7]
    const pair = `${fighter(i * 7)} vs. ${fighter(i * 7 + 1 + (i % 5))}`
    return `Night ${event} ,${pair} ,${outcome},${kind},Submission ,2,3:21,http://x/b${i}`
  })
  const write = (name: string, header: string, lines: string[]) =>
    writeFileSync(join(folder, name), `${[header, ...lines].join('\n')}\n`)
  write('events.csv', 'EVENT,URL,DATE,LOCATION', eventLines)
  write('results.csv', 'EVENT,BOUT,OUTCOME,WEIGHTCLASS,METHOD,ROUND,TIME,URL', bouts)
}
