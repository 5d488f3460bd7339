import type { Folders } from './folders.ts'
import { bold, dim, line, seconds, shownPath } from './output.ts'
import type { Platform } from './platform.ts'

/** What is where, how long it took, and what to try. */
export function printWelcome({ urls, ports }: Platform, ms: number, { base }: Folders): void {
  line(`\n  ready in ${seconds(ms)}\n`)
  for (const [what, where, more] of [
    ['rankings', urls.web, 'the page'],
    ['commands', `${urls.commandApi}/docs`, 'what can be told, as OpenAPI'],
    ['queries', `${urls.queryApi}/docs`, 'what can be asked, as OpenAPI'],
    ['PostgreSQL', `127.0.0.1:${ports.postgres}`, `its passwords, its data and all logs: ${shownPath(base)}`],
  ] as const)
    line(`  ${what.padEnd(11)} ${bold(where.padEnd(28))} ${dim(more)}`)
  line('\n  Try')
  for (const [what, how] of [
    ['open the rankings, and search for a name without its accents', ''],
    ['post a result, and watch its division move', 'npm run demo -- --post'],
    ['ask how fresh each read model is', 'npm run cornerman -- status'],
    ['bring in published results', 'npm run import -- <folder>'],
    ['kill -9 any of the processes: it comes back, and nothing is lost', ''],
  ] as const)
    line(`    ${how === '' ? what : `${what}:  ${bold(how)}`}`)
  line(`\n  Ctrl-C stops everything; the data stay.\n`)
}
