import { CornermanError } from '../errors.ts'

/** A transaction of `pg`: the client on which `begin` was called. */
export interface PgTransaction {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>
  /** `T` in a transaction, as the server said with its last answer. */
  getTransactionStatus?(): string | null
}

/** A transaction of Kysely: what `db.transaction().execute((trx) => …)` hands out. */
export interface KyselyTransaction {
  readonly isTransaction: boolean
  executeQuery(query: {
    sql: string
    parameters: readonly unknown[]
    query: never
    queryId: never
  }): Promise<{ rows: unknown[] }>
}

/** Any other driver: a function that runs one statement in the open transaction and returns its rows. */
export type TransactionExecutor = (text: string, values: unknown[]) => Promise<Record<string, unknown>[]>

/** The caller's own transaction, by which an event is appended. */
export type TransactionHandle = PgTransaction | KyselyTransaction | TransactionExecutor

/** The function that runs a statement in the caller's transaction, once it is certain that there is one. */
export async function executorOf(handle: TransactionHandle): Promise<TransactionExecutor> {
  if (typeof handle === 'function') return inTransaction(handle)
  if (typeof handle === 'object' && handle !== null) {
    if ('executeQuery' in handle && typeof handle.executeQuery === 'function') return kyselyExecutor(handle)
    if ('query' in handle && typeof handle.query === 'function') return pgExecutor(handle)
  }
  throw new CornermanError('HANDLE_UNKNOWN', `append cannot use ${describe(handle)} as a transaction`, {
    hint: 'pass a pg client, a Kysely transaction, or a function (text, values) => Promise<rows> that runs in your transaction',
  })
}

function kyselyExecutor(handle: KyselyTransaction): TransactionExecutor {
  if (!handle.isTransaction) throw notInTransaction()
  return async (text, values) => {
    const node = { kind: 'RawNode', sqlFragments: [text], parameters: [] }
    const compiled = { sql: text, parameters: values, query: node as never, queryId: { queryId: 'cornerman' } as never }
    return (await handle.executeQuery(compiled)).rows as Record<string, unknown>[]
  }
}

async function pgExecutor(handle: PgTransaction): Promise<TransactionExecutor> {
  const execute: TransactionExecutor = async (text, values) => (await handle.query(text, values)).rows
  return handle.getTransactionStatus?.() === 'T' ? execute : inTransaction(execute)
}

/** Asks the server: outside a transaction it refuses a savepoint. Costs two round trips, where the driver cannot tell. */
async function inTransaction(execute: TransactionExecutor): Promise<TransactionExecutor> {
  try {
    await execute('savepoint cornerman_append', [])
  } catch (error) {
    if (saysNoTransaction(error)) throw notInTransaction(error)
    throw error
  }
  await execute('release savepoint cornerman_append', [])
  return execute
}

/** PostgreSQL's no_active_sql_transaction, wherever a driver puts it: Drizzle in `cause`, TypeORM in `driverError`, Prisma in `meta`. */
function saysNoTransaction(error: unknown, depth = 3): boolean {
  if (typeof error !== 'object' || error === null || depth === 0) return false
  const fault = error as Record<string, unknown>
  if (fault['code'] === '25P01') return true
  return ['cause', 'driverError', 'meta'].some((field) => saysNoTransaction(fault[field], depth - 1))
}

function notInTransaction(cause?: unknown): CornermanError {
  const message =
    'append was called outside a transaction: the event could be there without the change, or the change without the event'
  const hint =
    "begin a transaction and pass its handle. pg: the client after query('begin'), not the pool; Kysely: the trx of db.transaction().execute"
  return new CornermanError('NOT_IN_TRANSACTION', message, { hint, cause })
}

function describe(value: unknown): string {
  if (value === null || typeof value !== 'object') return String(value)
  return `a ${value.constructor?.name ?? 'object'}`
}
