import { randomUUID } from 'node:crypto'
import { connect } from '../database.ts'

/** The same database, as another user. */
export function as(url: string, role: string): string {
  const changed = new URL(url)
  changed.username = role
  return changed.href
}

/** A new role that may do nothing but connect; its name. */
export async function newRole(url: string): Promise<string> {
  const role = `r_${randomUUID().replaceAll('-', '')}`
  await run(url, `create role ${role} login`)
  return role
}

/** Gives the database to a new, plain role; its URL as that role. */
export async function ownedByRole(url: string): Promise<string> {
  const owner = await newRole(url)
  await run(url, `alter database ${new URL(url).pathname.slice(1)} owner to ${owner}`)
  return as(url, owner)
}

async function run(url: string, statement: string): Promise<void> {
  const connection = await connect({ url, applicationName: 'tests' })
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}
