import type { LiveWatermarks } from 'cornerman'
import type { ReadView } from '../readModels.ts'

type Listener = (divisions: string[] | null, live: LiveWatermarks) => void

/** Which divisions have changed, asked once for all who listen: by the versions of their documents. */
export class ChangedDivisions {
  readonly #view: ReadView
  readonly #listeners = new Set<Listener>()
  #generation: number | undefined
  #contentPosition = 0
  #version = 0
  #asking: Promise<void> = Promise.resolve()

  constructor(view: ReadView) {
    this.#view = view
    view.model.onChange((live) => {
      this.#asking = this.#asking.then(() => this.#look(live))
    })
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #look(live: LiveWatermarks): Promise<void> {
    const contentPosition = Math.max(...live.watermarks.map((each) => each.contentPosition))
    const isAnotherGeneration = live.generation !== this.#generation
    if (!isAnotherGeneration && contentPosition === this.#contentPosition) return
    const isFirst = this.#generation === undefined
    this.#generation = live.generation
    this.#contentPosition = contentPosition
    const changed = await this.#changedSince(isAnotherGeneration ? undefined : this.#version)
    if (!isFirst) for (const listener of this.#listeners) listener(isAnotherGeneration ? null : changed, live)
  }

  /** Null when the store does not answer now: whoever listens reads anew then. */
  async #changedSince(version: number | undefined): Promise<string[] | null> {
    try {
      const { view } = this.#view.reader
      const { rows } = await this.#view.reader.query<{ division_id: string; version: number }>(
        `select division_id, max(_version) as version from ${view} where _version > $1 group by division_id`,
        [version ?? 0],
      )
      this.#version = Math.max(this.#version, ...rows.map((row) => row.version))
      return rows.map((row) => row.division_id)
    } catch {
      return null
    }
  }
}
