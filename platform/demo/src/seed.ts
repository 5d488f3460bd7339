import { openDatabase } from '@platform/command-service/database'
import { seed, type SeedOptions } from '@platform/command-service/seed'
import { sql } from 'kysely'
import type { Urls } from './platform.ts'

/** Fills an empty write side with a made-up federation; leaves any other as it is, and returns nothing then. */
export async function seedIfEmpty(
  urls: Pick<Urls, 'command'>,
  options: SeedOptions = {},
): Promise<{ athletes: number; bouts: number } | undefined> {
  const db = openDatabase(urls.command, { max: 2 })
  try {
    const { rows } = await sql<{
      filled: boolean
    }>`select exists (select 1 from tournament.divisions) as filled`.execute(db)
    return rows[0]!.filled ? undefined : await seed(db, options)
  } finally {
    await db.destroy()
  }
}
