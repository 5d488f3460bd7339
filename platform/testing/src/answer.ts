import { problem, type ProblemDocument } from '@platform/contracts'
import { expect } from 'vitest'

/** What a service has answered. */
export interface Answer {
  status: number
  type: string
  headers: Readonly<Record<string, unknown>>
  text: string
  /** The text parsed, if it is JSON. */
  body: unknown
}

export function answerOf(response: {
  statusCode: number
  headers: Readonly<Record<string, unknown>>
  body: string
}): Answer {
  const type = String(response.headers['content-type'] ?? '')
  return {
    status: response.statusCode,
    type,
    headers: response.headers,
    text: response.body,
    body: /json/.test(type) && response.body !== '' ? (JSON.parse(response.body) as unknown) : undefined,
  }
}

/** The problem document that an answer must be; of a 4xx unless another status is expected. */
export function problemOf(answer: Answer, status?: number): ProblemDocument {
  expect(answer.type, answer.text).toMatch(/^application\/problem\+json/)
  const document = problem.strict().parse(answer.body)
  expect(document.status).toBe(answer.status)
  if (status === undefined) expect(String(answer.status), answer.text).toMatch(/^4\d\d$/)
  else expect(answer.status, answer.text).toBe(status)
  expect(document.code).toMatch(/^[A-Z_]+$/)
  expect(document.detail).not.toBe('')
  expect(document.traceId).toMatch(/^[0-9a-f]{32}$/)
  return document
}
