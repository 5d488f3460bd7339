import { randomUUID } from 'node:crypto'
import { monotonicMs, pause } from './backoff.ts'
import type { Queryable } from './database.ts'
import { CornermanError } from './errors.ts'

/** A right that one process has at a time. Whoever holds it proves it by the token, in the statement that rests on it. */
export interface Lease {
  readonly name: string
  readonly token: string
  /** Aborted when the lease is lost, or could not be renewed for its whole time. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

export interface LeaseOptions {
  /** Who asks, for people: host and process id. */
  holder: string
  /** How long a holder that gives no sign keeps it, in milliseconds. Defaults to 3 000. */
  timeMs?: number
  /** Ends the waiting. */
  signal: AbortSignal
  /** Called once when somebody else holds it. */
  onStandby?: (holder: string) => void
}

/**
 * A condition for the statement that needs the lease: it holds the lease's row until the transaction ends, so that nobody
 * takes over between the check and the commit. `name` and `token` are placeholders.
 */
export const holdsLease = (name: string, token: string) =>
  `exists (select 1 from cornerman.leases where name = ${name} and token = ${token}::uuid for share)`

export function leaseLost(name: string): CornermanError {
  return new CornermanError('LEASE_LOST', `the lease ${name} has gone to another process`, {
    hint: 'nothing is to be done: this process stands by, and what it still wrote is fenced by versions',
  })
}

/**
 * Waits for the lease and takes it. A lease is free when it was released, or when its beat has stood still for its holder's time
 * by *this* process's monotonic clock: no wall clock has a say, so a clock that steps frees nothing and blocks nothing. The beat
 * is part of the statement that takes over, so a process that was itself stopped does not mistake its own sleep for the holder's.
 */
export async function acquireLease(db: Queryable, name: string, options: LeaseOptions): Promise<Lease | undefined> {
  const claim: Claim = { name, token: randomUUID(), holder: options.holder, timeMs: options.timeMs ?? 3_000 }
  let watched: LeaseRow & { since: number } = { token: null, beat: 0, holder: '', timeMs: 0, since: 0 }
  let isToldOfStandby = false
  while (!options.signal.aborted) {
    const startedAt = monotonicMs()
    const row = await readLease(db, name)
    if (row === undefined || row.token === null) {
      if (await takeFree(db, claim)) return held(db, claim, startedAt)
    } else {
      if (!isToldOfStandby) options.onStandby?.(row.holder)
      isToldOfStandby = true
      if (watched.token !== row.token || watched.beat !== row.beat) watched = { ...row, since: monotonicMs() }
      const takenAt = monotonicMs()
      if (takenAt - watched.since >= row.timeMs && (await takeOver(db, claim, watched))) return held(db, claim, takenAt)
    }
    await pause(Math.min(500, (row?.timeMs ?? claim.timeMs) / 6), options.signal)
  }
  return undefined
}

/** What a process writes into the lease's row when it takes it. */
interface Claim {
  readonly name: string
  readonly token: string
  readonly holder: string
  readonly timeMs: number
}

interface LeaseRow {
  /** Null when nobody holds it. */
  readonly token: string | null
  readonly beat: number
  readonly holder: string
  /** The holder's time: it renews by this, so it is also what others wait for. */
  readonly timeMs: number
}

/** Waiting for a lease only reads: it costs neither a transaction id nor a lock that the holder's renewal meets. */
async function readLease(db: Queryable, name: string): Promise<LeaseRow | undefined> {
  const { rows } = await db.query<LeaseRow>(
    'select token, beat, holder, time_ms as "timeMs" from cornerman.leases where name = $1',
    [name],
  )
  return rows[0]
}

/** Takes a lease that nobody holds. */
async function takeFree(db: Queryable, { name, token, holder, timeMs }: Claim): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into cornerman.leases as l (name, token, holder, time_ms) values ($1, $2, $3, $4)
     on conflict (name) do update set token = excluded.token, holder = excluded.holder, time_ms = excluded.time_ms, beat = l.beat + 1,
       acquired_at = clock_timestamp(), renewed_at = clock_timestamp()
     where l.token is null`,
    [name, token, holder, timeMs],
  )
  return rowCount === 1
}

async function takeOver(db: Queryable, { name, token, holder, timeMs }: Claim, watched: LeaseRow): Promise<boolean> {
  const { rowCount } = await db.query(
    `update cornerman.leases set token = $2, holder = $3, time_ms = $4, beat = beat + 1, acquired_at = clock_timestamp(), renewed_at = clock_timestamp()
     where name = $1 and token = $5 and beat = $6`,
    [name, token, holder, timeMs, watched.token, watched.beat],
  )
  return rowCount === 1
}

/** `takenAt`: a monotonic instant before the statement that took it, so that the holder's time ends before anybody else's wait. */
function held(db: Queryable, claim: Claim, takenAt: number): Lease {
  const { name, token, timeMs } = claim
  const lost = new AbortController()
  const stop = new AbortController()
  const renewUntilLost = async () => {
    if ((await renew(db, claim, takenAt, stop.signal)) !== 'stopped') lost.abort(leaseLost(name))
  }
  const renewing = renewUntilLost()
  return {
    name,
    token,
    lost: lost.signal,
    async release() {
      stop.abort()
      await renewing
      // A server that does not answer gets no longer than the lease has: then it is free by silence.
      await within(
        timeMs,
        new AbortController().signal,
        db.query('update cornerman.leases set token = null, beat = beat + 1 where name = $1 and token = $2', [
          name,
          token,
        ]),
      )
    },
  }
}

/** Renews until it is told to stop; a call that fails or hangs does not lengthen the time. */
async function renew(
  db: Queryable,
  { name, token, timeMs }: Claim,
  takenAt: number,
  stop: AbortSignal,
): Promise<'stopped' | 'lost' | 'silent'> {
  const leftOf = (since: number) => since + timeMs - monotonicMs()
  for (let renewedAt = takenAt; ;) {
    await pause(Math.min(timeMs / 4, Math.max(0, leftOf(renewedAt))), stop)
    if (stop.aborted) return 'stopped'
    const left = leftOf(renewedAt)
    if (left <= 0) return 'silent'
    const startedAt = monotonicMs()
    const renewed = await within(
      left,
      stop,
      db.query(
        'update cornerman.leases set beat = beat + 1, renewed_at = clock_timestamp() where name = $1 and token = $2',
        [name, token],
      ),
    )
    if (renewed?.rowCount === 0) return 'lost'
    if (renewed?.rowCount === 1) renewedAt = startedAt
  }
}

/** What the call answers; `undefined` when it fails, when it takes longer than `ms`, and when the signal is aborted. */
async function within<T>(ms: number, signal: AbortSignal, call: Promise<T>): Promise<T | undefined> {
  const over = new AbortController()
  const end = () => over.abort()
  signal.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([call.catch(() => undefined), pause(ms, over.signal).then(() => undefined)])
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}
