import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import type { WriteTransaction } from '../outbox.ts'
import { conflict, Refusal } from '@platform/http'

export interface CommandCall {
  request: FastifyRequest
  reply: FastifyReply
}

/**
 * Runs a command in one transaction, together with its events and, if the caller gave an `Idempotency-Key`, its answer. The
 * same key again gives the stored answer (`Idempotent-Replayed: true`), without doing anything; 409 while the first is still
 * running; 422 with another request.
 */
export async function runCommand<T extends object>(
  db: Database,
  { request, reply }: CommandCall,
  work: (trx: WriteTransaction) => Promise<T>,
): Promise<T> {
  const key = keyOf(request)
  return db.transaction().execute(async (trx) => {
    if (key === undefined) return work(trx)
    const hash = createHash('sha256')
      .update(JSON.stringify([request.method, request.url, request.body]))
      .digest('hex')
    const stored = await storedAnswer(trx, key, hash)
    if (stored !== undefined) {
      void reply.header('Idempotent-Replayed', 'true')
      return stored as T
    }
    const body = await work(trx)
    await trx
      .insertInto('tournament.idempotency_keys')
      .values({ key, request_hash: hash, status: reply.statusCode, body: JSON.stringify(body) })
      .execute()
    return body
  })
}

async function storedAnswer(trx: WriteTransaction, key: string, hash: string): Promise<unknown> {
  const { rows } = await sql<{
    locked: boolean
  }>`select pg_try_advisory_xact_lock(hashtextextended(${`idempotency/${key}`}, 0)) as locked`.execute(trx)
  if (!rows[0]!.locked)
    throw conflict(
      'IDEMPOTENCY_KEY_IN_USE',
      'a request with this Idempotency-Key is still running: try again in a moment',
    )
  const known = await trx
    .selectFrom('tournament.idempotency_keys')
    .select(['request_hash', 'body'])
    .where('key', '=', key)
    .executeTakeFirst()
  if (known !== undefined && known.request_hash !== hash) {
    throw new Refusal(
      422,
      'IDEMPOTENCY_KEY_REUSED',
      'this Idempotency-Key belongs to another request: use a new key for a new command',
    )
  }
  return known?.body
}

function keyOf(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key']
  if (header === undefined) return undefined
  const key = String(header).replace(/^"(.*)"$/, '$1')
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new Refusal(400, 'VALIDATION_FAILED', 'Idempotency-Key: must be 1 to 255 visible characters', [
    { path: 'Idempotency-Key', message: 'must be 1 to 255 visible characters' },
  ])
}

const keptDays = 7

/** Forgets keys of last week. */
export async function purgeIdempotencyKeys(db: Database): Promise<void> {
  await db
    .deleteFrom('tournament.idempotency_keys')
    .where('created_at', '<', sql<Date>`now() - ${keptDays} * interval '1 day'`)
    .execute()
}
