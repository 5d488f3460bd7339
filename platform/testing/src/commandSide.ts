import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { createApp } from '@platform/command-service/app'
import { type Database, openDatabase } from '@platform/command-service/database'
import { Pool, type QueryResultRow } from 'pg'
import { pino } from 'pino'
import { type Answer, answerOf } from './answer.ts'
import { newDatabases, type Urls } from './databases.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** The command service in this process, on a database of its own. */
export interface CommandSide {
  readonly urls: Urls
  readonly db: Database
  readonly app: NestFastifyApplication
  /** A request with a JSON body. */
  send(method: Method, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** A request whose body goes over as it is. */
  sendRaw(url: string, body: string | Buffer, headers?: Record<string, string>): Promise<Answer>
  /** A command that must be accepted; its answer. */
  done(url: string, body: object, method?: Method): Promise<Done>
  /** What a statement returns to the owner of the write database. */
  rows<R extends QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>
  close(): Promise<void>
}

export interface Done {
  ok: true
  position: number
  /** Of what was created. */
  id: string
}

export async function openCommandSide(urls?: Urls): Promise<CommandSide> {
  const on = urls ?? (await newDatabases())
  const db = openDatabase(on.command)
  const owner = new Pool({ connectionString: on.ownerWrite, max: 1 })
  const app = await createApp(db, pino({ level: 'silent' }))
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
  const send: CommandSide['send'] = async (method, url, body, headers = {}) => {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
    return answerOf(
      await app.inject({ method, url, headers: { 'content-type': 'application/json', ...headers }, ...payload }),
    )
  }
  return {
    urls: on,
    db,
    app,
    send,
    sendRaw: async (url, payload, headers = { 'content-type': 'application/json' }) =>
      answerOf(await app.inject({ method: 'POST', url, headers, payload })),
    async done(url, body, method = 'POST') {
      const answer = await send(method, url, body)
      if (answer.status >= 300) throw new Error(`${method} ${url} was refused: ${answer.text}`)
      return answer.body as Done
    },
    rows: async <R extends QueryResultRow>(text: string, values?: unknown[]) =>
      (await owner.query<R>(text, values)).rows,
    async close() {
      await app.close()
      await Promise.all([db.destroy(), owner.end()])
    },
  }
}
