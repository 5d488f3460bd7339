import { connect, type Connection } from '../database.ts'
import { pause } from '../backoff.ts'
import { messageOf } from '../errors.ts'

export interface WatchedView {
  /** The live name, with its schema. */
  readonly view: string
  /** An SQL expression of a row's key, as text. */
  readonly key: string
  /** An SQL expression of something in the content that only ever grows. */
  readonly grows?: string
}

interface Seen {
  version: number
  grown: number
  isThere: boolean
}

const undefinedTable = '42P01'
const pollEveryMs = 20

/**
 * Reads live views again and again, as readers do, and remembers what readers must never see: a live name that is gone, an
 * empty list after a filled one, a document that goes back, one that comes back from the dead. A database that is away shows
 * nothing, and is not held against anybody.
 */
export class Readers {
  readonly findings: string[] = []
  /** How often all views were read. */
  looks = 0
  readonly #url: string
  readonly #views: readonly WatchedView[]
  readonly #seen = new Map<string, Map<string, Seen>>()
  readonly #stop = new AbortController()
  readonly #watching: Promise<void>

  constructor(url: string, views: readonly WatchedView[]) {
    this.#url = url
    this.#views = views
    this.#watching = this.#watch()
  }

  /** Ends the watching; what was found. */
  async stop(): Promise<readonly string[]> {
    this.#stop.abort()
    await this.#watching
    return this.findings
  }

  async #watch(): Promise<void> {
    let connection: Connection | undefined
    while (!this.#stop.signal.aborted) {
      try {
        connection ??= await connect({ url: this.#url, applicationName: 'readers' })
        for (const view of this.#views) await this.#look(connection, view)
        this.looks++
      } catch {
        await connection?.end().catch(() => undefined)
        connection = undefined
      }
      await pause(pollEveryMs, this.#stop.signal)
    }
    await connection?.end().catch(() => undefined)
  }

  async #look(connection: Connection, { view, key, grows = '0' }: WatchedView): Promise<void> {
    const seen = this.#seen.get(view)
    try {
      const { rows } = await connection.query<{ key: string; version: number; grown: number }>(
        `select ${key} as key, _version as version, ${grows} as grown from ${view}`,
      )
      if (seen === undefined) this.#seen.set(view, new Map())
      else if (rows.length === 0 && seen.size > 0) this.#find(`${view} is empty`)
      this.#compare(view, rows)
    } catch (error) {
      if ((error as { code?: string }).code !== undefinedTable) throw error
      if (seen !== undefined) this.#find(`${view} is gone: ${messageOf(error)}`)
    }
  }

  #compare(view: string, rows: readonly { key: string; version: number; grown: number }[]): void {
    const seen = this.#seen.get(view)!
    const there = new Set<string>()
    for (const { key, version, grown } of rows) {
      const before = seen.get(key)
      there.add(key)
      if (before !== undefined) {
        const rose = `from version ${before.version} to ${version}, from ${before.grown} to ${grown}`
        if (version < before.version || grown < before.grown) this.#find(`${view} ${key} went back ${rose}`)
        if (!before.isThere && version <= before.version) this.#find(`${view} ${key} came back from the dead ${rose}`)
      }
      seen.set(key, { version, grown, isThere: true })
    }
    for (const [key, each] of seen) if (!there.has(key)) each.isThere = false
  }

  #find(finding: string): void {
    if (this.findings.length < 20) this.findings.push(finding)
  }
}
