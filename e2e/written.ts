import { Client } from 'pg'

/** How many bouts stand in the system of record. `url` is of a role that may read them: the owner. */
export async function countBouts(url: string): Promise<number> {
  const client = new Client(url)
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from tournament.matches')
    return rows[0]!.count
  } finally {
    await client.end()
  }
}
