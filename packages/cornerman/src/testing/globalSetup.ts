import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a PostgreSQL server for all suites of the run; each suite makes its own databases. */
    postgresUrl: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Another version of PostgreSQL: `npm run test:postgres -- 14` sets it.
  const binaries = process.env['POSTGRES_BINARIES']
  const postgres = await startPostgres(binaries === undefined ? {} : { binaries })
  project.provide('postgresUrl', postgres.url())
  return () => postgres.stop()
}
