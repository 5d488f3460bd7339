import type { Pool } from '../database.ts'
import { CornermanError, messageOf } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { isRightMissing } from '../postgresFault.ts'

/** What a projector waits for, kept on the primary for `status` and in the log; both once, not at every try. */
export class Trouble {
  readonly #pool: Pool
  readonly #of: readonly [projection: string, store: string]
  readonly #logger: Logger
  #reason: string | undefined

  constructor(pool: Pool, of: { projection: string; store: string }, logger: Logger) {
    this.#pool = pool
    this.#of = [of.projection, of.store]
    this.#logger = logger
  }

  async report(error: unknown): Promise<void> {
    const reason = messageOf(error)
    if (reason === this.#reason) return
    this.#reason = reason
    const hint = hintOf(error)
    this.#logger.warn(
      { projection: this.#of[0], store: this.#of[1], reason, hint },
      'the projector waits and tries again',
    )
    try {
      await this.#pool.query(
        `update cornerman.checkpoints set trouble = jsonb_build_object('reason', $3::text, 'hint', $4::text,
           'since', coalesce(trouble ->> 'since', clock_timestamp()::text))
         where projection = $1 and store = $2`,
        [...this.#of, reason, hint ?? null],
      )
    } catch {
      // The primary is the trouble then; the log has it.
    }
  }

  /** The next checkpoint clears it on the primary. */
  over(): void {
    if (this.#reason === undefined) return
    this.#reason = undefined
    this.#logger.info({ projection: this.#of[0], store: this.#of[1] }, 'the projector goes on')
  }
}

function hintOf(error: unknown): string | undefined {
  if (error instanceof CornermanError) return error.hint
  if (!isRightMissing(error)) return undefined
  return '`cornerman migrate --projector <role>` grants what a projector needs. Tables in read_models belong to the role of the projector that made them: run under that role, or give them over with `alter table … owner to …`'
}
