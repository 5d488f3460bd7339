import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'

import { connect, type Connection } from '../database.ts'
import { migrate } from '../schema/migrate.ts'
import { primaryMigrations } from '../schema/primary.ts'
import { storeMigrations } from '../readStores/postgres/schema.ts'

/** A new, empty database on the run's server. */
export async function newDatabase(): Promise<string> {
  const server = new URL(inject('postgresUrl'))
  const name = `t_${randomUUID().replaceAll('-', '')}`
  const connection = await connect({ url: server.href, applicationName: 'tests' })
  try {
    await connection.query(`create database ${name}`)
  } finally {
    await connection.end()
  }
  server.pathname = `/${name}`
  return server.href
}

/** A new database with the toolkit's schema of the primary. */
export async function newPrimary(): Promise<string> {
  const url = await newDatabase()
  await withConnection(url, (connection) => migrate(connection, { table: 'migrations', migrations: primaryMigrations }))
  return url
}

/** A new database with the schema of the read store. */
export async function newReadDatabase(): Promise<string> {
  const url = await newDatabase()
  await withConnection(url, async (connection) => {
    await migrate(connection, storeMigrations)
    await connection.query('create extension pg_trgm')
  })
  return url
}

export async function withConnection<T>(url: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connect({ url, applicationName: 'tests' })
  try {
    return await work(connection)
  } finally {
    await connection.end()
  }
}
