import { expect, test } from 'vitest'
import type { Context } from './context.ts'
import { logOf } from './log.ts'

function logged(env: Record<string, string>, isTTY: boolean, work: (log: ReturnType<typeof logOf>) => void): string[] {
  let err = ''
  const nothing = { write: () => true }
  const streams = { out: nothing, err: { isTTY, write: (text: string) => void (err += text) } }
  const context: Context = { folder: '/', env, streams, signal: new AbortController().signal, exit: { code: 0 } }
  work(logOf(context))
  return err.split('\n').slice(0, -1)
}

const facts = { projection: 'orders', store: 'postgres', reason: 'connection refused', hint: 'start the server' }

test('on a terminal a line says when, who and what, and what to try', () => {
  const lines = logged({}, true, (log) => {
    log.debug({}, 'not shown')
    log.info({ projection: 'orders', store: 'postgres', versions: [1, 2] }, 'projecting')
    log.warn(facts, 'the projector waits and tries again')
    log.error({}, 'lost')
  })
  expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, 'hh:mm:ss  '))).toEqual([
    'hh:mm:ss  orders: projecting (versions 1, 2)',
    'hh:mm:ss  warning: orders: the projector waits and tries again: connection refused',
    '          Try: start the server',
    'hh:mm:ss  error: lost',
  ])
})

test('elsewhere each line is a JSON object with all facts', () => {
  const [line, ...more] = logged({}, false, (log) => {
    log.warn(facts, 'the projector waits')
    log.debug({}, 'not shown')
  })
  expect(more).toEqual([])
  expect(JSON.parse(line!)).toMatchObject({ ...facts, level: 40, msg: 'the projector waits', pid: process.pid })
})

test.each([true, false])('LOG_LEVEL says how much (on a terminal: %s)', (isTTY) => {
  const all = (log: ReturnType<typeof logOf>) => {
    log.debug({}, 'd')
    log.info({}, 'i')
    log.warn({}, 'w')
    log.error({}, 'e')
  }
  expect(logged({ LOG_LEVEL: 'debug' }, isTTY, all)).toHaveLength(4)
  expect(logged({ LOG_LEVEL: 'WARN' }, isTTY, all)).toHaveLength(2)
  expect(logged({ LOG_LEVEL: 'silent' }, isTTY, all)).toHaveLength(0)
})

test('a LOG_LEVEL that is none is refused', () => {
  expect(() => logged({ LOG_LEVEL: 'inof' }, true, () => undefined)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', hint: 'did you mean info?' }),
  )
  expect(() => logged({ LOG_LEVEL: 'everything' }, true, () => undefined)).toThrow(
    expect.objectContaining({ hint: 'one of debug, info, warn, error, silent' }),
  )
})
