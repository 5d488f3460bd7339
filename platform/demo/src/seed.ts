import { openDatabase } from '@platform/command-service/database'
import { seed } from '@platform/command-service/seed'
import { sql } from 'kysely'
import type { Urls } from './platform.ts'
import { dim, endProgress, progress, step } from './output.ts'

/** Fills an empty write side with a made-up federation; leaves any other as it is. */
export async function seedIfEmpty(urls: Urls): Promise<void> {
  const startedAt = performance.now()
  const db = openDatabase(urls.command, { max: 2 })
  try {
    const { rows } = await sql<{
      filled: boolean
    }>`select exists (select 1 from tournament.divisions) as filled`.execute(db)
    if (rows[0]!.filled) return
    const { athletes, bouts } = await seed(db, {
      onProgress: (week, weeks) => progress(`seeding: week ${week} of ${weeks}`),
    })
    endProgress()
    step(
      `seed: ${athletes.toLocaleString('en')} athletes, ${bouts.toLocaleString('en')} bouts ${dim('(all made up)')}`,
      performance.now() - startedAt,
    )
  } finally {
    await db.destroy()
  }
}
