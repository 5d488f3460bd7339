/** Something that a command will not do, and why: it becomes a problem document of its status. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: string
  readonly errors: readonly { path: string; message: string }[]

  constructor(status: number, code: string, detail: string, errors: readonly { path: string; message: string }[] = []) {
    super(detail)
    this.status = status
    this.code = code
    this.errors = errors
  }
}

export const notFound = (what: string, id: string, path: string) =>
  new Refusal(404, 'NOT_FOUND', `there is no ${what} ${id}`, [{ path, message: `no ${what} has this id` }])

export const conflict = (code: string, detail: string) => new Refusal(409, code, detail)

/** What is asked for contradicts what is known; `path` is the field at fault. */
export const contradiction = (code: string, path: string, message: string) =>
  new Refusal(422, code, message, [{ path, message }])
