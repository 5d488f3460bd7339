import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CornermanError, errorCodes, type ErrorCode, hasCode, messageOf } from './errors.ts'

describe('the page of errors', () => {
  const page = readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8')
  const [, ...sections] = page.split(/^## /m)
  const entries = sections.map((section) => {
    const [code, ...text] = section.split('\n')
    return { code: code!, text: text.join('\n').trim() }
  })

  test('has an entry for every code, and none for another', () => {
    expect(entries.map(({ code }) => code).sort()).toEqual(Object.keys(errorCodes).sort())
  })

  test('is in alphabetical order', () => {
    const codes = entries.map(({ code }) => code)
    expect(codes).toEqual([...codes].sort())
  })

  test.each(entries.map(({ code, text }) => [code as ErrorCode, text]))(
    'tells enough of %s, and whether it is retryable',
    (code, text) => {
      expect(text.length).toBeGreaterThan(80)
      expect(text.includes('_Retryable._')).toBe(errorCodes[code]?.retryable)
    },
  )
})

describe('an error', () => {
  test('has its code, its hint, its cause, and says whether the same call may succeed later', () => {
    const cause = new Error('refused')
    const error = new CornermanError('STORE_UNREACHABLE', 'the store is away', { hint: 'start it', cause })
    expect(error).toMatchObject({
      name: 'CornermanError',
      code: 'STORE_UNREACHABLE',
      hint: 'start it',
      retryable: true,
      cause,
    })
    expect(new CornermanError('CONFIG_INVALID', 'x')).toMatchObject({ hint: undefined, retryable: false })
  })

  test('is told from others by its code', () => {
    expect(hasCode(new CornermanError('LEASE_LOST', 'x'), 'LEASE_LOST')).toBe(true)
    expect(hasCode(new CornermanError('LEASE_LOST', 'x'), 'OUTBOX_LOST')).toBe(false)
    expect(hasCode(Object.assign(new Error('x'), { code: 'LEASE_LOST' }), 'LEASE_LOST')).toBe(false)
  })

  test('has a message whatever was thrown', () => {
    expect(messageOf(new Error('one'))).toBe('one')
    expect(messageOf(new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]))).toBe(
      '::1 refused; 127.0.0.1 refused',
    )
    expect(messageOf('text')).toBe('text')
    expect(messageOf(undefined)).toBe('undefined')
  })
})
