import { createHmac, timingSafeEqual } from 'node:crypto'
import { Refusal } from '@platform/http'

/** Where a page ended: the sort keys of its last row. Opaque and signed: nobody but this service makes one. */
export class Cursors {
  readonly #secret: string

  constructor(secret: string) {
    this.#secret = secret
  }

  /** `request` is what the cursor is good for: the filters and the sort order. */
  encode(values: readonly unknown[], request: string): string {
    const body = Buffer.from(JSON.stringify(values)).toString('base64url')
    return `${body}.${this.#sign(body, request)}`
  }

  decode(cursor: string, request: string): unknown[] {
    const [body = '', signature = ''] = cursor.split('.')
    const expected = Buffer.from(this.#sign(body, request))
    const given = Buffer.from(signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      const message = 'must be the `next` of a page of the same query'
      throw new Refusal(400, 'VALIDATION_FAILED', `cursor: ${message}`, [{ path: 'cursor', message }])
    }
    return JSON.parse(Buffer.from(body, 'base64url').toString()) as unknown[]
  }

  #sign(body: string, request: string): string {
    return createHmac('sha256', this.#secret).update(`${request}\n${body}`).digest('base64url').slice(0, 22)
  }
}
