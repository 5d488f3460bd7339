import { silentLogger } from '../logger.ts'
import type { ReadStore, ReadStoreAdapter } from '../readStore.ts'
import type { Context } from './context.ts'

/** The read stores that a command asks, each connected once; one that did not answer is connected anew. */
export class Stores {
  readonly #context: Context
  readonly #open = new Map<ReadStoreAdapter, ReadStore>()

  constructor(context: Context) {
    this.#context = context
  }

  async connect(adapter: ReadStoreAdapter): Promise<ReadStore> {
    const known = this.#open.get(adapter)
    if (known !== undefined) return known
    const { env } = this.#context
    const store = await adapter.connect({ env, logger: silentLogger, applicationName: 'cornerman' })
    this.#open.set(adapter, store)
    return store
  }

  async close(): Promise<void> {
    for (const store of this.#open.values()) await store.close().catch(() => undefined)
  }
}
