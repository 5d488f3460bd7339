import type { AnswerMeta } from '@platform/contracts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Connection, listenToChanges, type Source } from './changes.ts'

const meta: AnswerMeta = {
  asOf: '2026-01-01T00:00:00.000Z',
  stalenessMs: 12,
  position: 7,
  generation: 1,
  state: 'FRESH',
}

class FakeSource implements Source {
  isClosed = false
  readonly #listeners = new Map<string, (event: { data?: unknown }) => void>()

  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void {
    this.#listeners.set(type, listener)
  }

  close(): void {
    this.isClosed = true
  }

  say(type: string, data?: object): void {
    this.#listeners.get(type)?.(data === undefined ? {} : { data: JSON.stringify(data) })
  }
}

let sources: FakeSource[]
let connections: Connection[]
let changes: (readonly string[] | null)[]
let metas: AnswerMeta[]
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers()
  sources = []
  connections = []
  changes = []
  metas = []
  stop = listenToChanges({
    open: () => {
      const source = new FakeSource()
      sources.push(source)
      return source
    },
    listener: {
      onConnection: (connection) => connections.push(connection),
      onChange: (divisions) => changes.push(divisions),
      onFreshness: (fresh) => metas.push(fresh),
    },
    silentAfterMs: 10_000,
    retryMs: 500,
  })
})

afterEach(() => {
  stop()
  vi.useRealTimers()
})

describe('the stream of changes', () => {
  it('tells which divisions changed and how fresh the rankings are', () => {
    sources[0]!.say('open')
    sources[0]!.say('freshness', meta)
    sources[0]!.say('change', { divisions: ['d1'], meta: { ...meta, position: 8 } })
    expect(connections).toEqual(['connecting', 'open'])
    expect(changes).toEqual([['d1']])
    expect(metas.map((each) => each.position)).toEqual([7, 8])
  })

  it('asks for everything anew after a connection that was lost, and not after the first', () => {
    sources[0]!.say('open')
    expect(changes).toEqual([])
    sources[0]!.say('error')
    expect(connections).toEqual(['connecting', 'open', 'lost'])
    vi.advanceTimersByTime(500)
    sources[1]!.say('open')
    expect(connections.at(-1)).toBe('open')
    expect(changes).toEqual([null])
  })

  it('waits longer after each attempt that fails, and tries for ever', () => {
    for (const wait of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      const before = sources.length
      sources.at(-1)!.say('error')
      vi.advanceTimersByTime(wait - 1)
      expect(sources).toHaveLength(before)
      vi.advanceTimersByTime(1)
      expect(sources).toHaveLength(before + 1)
    }
  })

  it('drops a connection that says nothing more', () => {
    sources[0]!.say('open')
    vi.advanceTimersByTime(9_999)
    sources[0]!.say('freshness', meta)
    vi.advanceTimersByTime(9_999)
    expect(connections.at(-1)).toBe('open')
    vi.advanceTimersByTime(1)
    expect(connections.at(-1)).toBe('lost')
    expect(sources[0]!.isClosed).toBe(true)
  })

  it('does not listen to a source that it has dropped', () => {
    sources[0]!.say('error')
    sources[0]!.say('change', { divisions: ['d1'], meta })
    sources[0]!.say('error')
    vi.advanceTimersByTime(500)
    expect(changes).toEqual([])
    expect(sources).toHaveLength(2)
  })

  it('ends when it is told to', () => {
    sources[0]!.say('error')
    stop()
    vi.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(1)
  })
})
