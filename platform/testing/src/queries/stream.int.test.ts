import { rankingsChange } from '@platform/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openPlatform, type Platform } from '../platform.ts'
import { Story } from '../ranking/story.ts'
import { until } from '../waits.ts'

let platform: Platform
let url: string
const open: Listener[] = []

beforeAll(async () => {
  platform = await openPlatform()
  await platform.query.listen(0, '127.0.0.1')
  url = `${await platform.query.getUrl()}/rankings/stream`
})
afterEach(() => Promise.all(open.splice(0).map((listener) => listener.close())))
afterAll(() => platform?.close())

interface Told {
  event: string
  data: unknown
}

/** A page that listens to the stream, as a browser does. */
class Listener {
  readonly told: Told[] = []
  readonly headers: Headers
  readonly #stop: AbortController
  readonly #reading: Promise<void>

  private constructor(response: Response, stop: AbortController) {
    this.headers = response.headers
    this.#stop = stop
    this.#reading = this.#read(response.body!.pipeThrough(new TextDecoderStream()))
  }

  /** Listens from the first word on. */
  static async open(): Promise<Listener> {
    const stop = new AbortController()
    const listener = new Listener(await fetch(url, { signal: stop.signal }), stop)
    open.push(listener)
    await until('the stream has said how fresh the rankings are', () => listener.told.length > 0)
    return listener
  }

  get changes(): (string[] | null)[] {
    return this.told.filter(({ event }) => event === 'change').map(({ data }) => rankingsChange.parse(data).divisions)
  }

  async #read(texts: AsyncIterable<string>): Promise<void> {
    let rest = ''
    try {
      for await (const text of texts) {
        const blocks = (rest + text).split('\n\n')
        rest = blocks.pop()!
        for (const block of blocks) this.#take(block)
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    }
  }

  #take(block: string): void {
    const event = /^event: (.+)$/m.exec(block)?.[1]
    const data = /^data: (.+)$/m.exec(block)?.[1]
    if (event !== undefined && data !== undefined) this.told.push({ event, data: JSON.parse(data) as unknown })
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#reading
  }
}

describe('GET /rankings/stream', () => {
  test('is a stream of events that nobody keeps', async () => {
    const { headers } = await Listener.open()
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('names the division that has changed, and no other, to all who listen', async () => {
    const [story, other] = [await Story.begin(platform), await Story.begin(platform)]
    await story.bout('2026-01-01', 'Ana', 'Bia')
    await other.bout('2026-01-01', 'Cai', 'Dea')
    await other.names()
    const listeners = [await Listener.open(), await Listener.open()]
    await story.bout('2026-01-02', 'Ana', 'Bia')
    for (const listener of listeners) {
      await until('the change is told', () =>
        listener.changes.some((divisions) => divisions?.includes(story.divisionId)),
      )
      expect(listener.changes.flat()).not.toContain(other.divisionId)
    }
  })

  test('tells a change when readers get it, not before', async () => {
    const story = await Story.begin(platform)
    const listener = await Listener.open()
    await story.bout('2026-01-01', 'Ana', 'Bia')
    await until('the change is told', () => listener.changes.some((divisions) => divisions?.includes(story.divisionId)))
    const { data } = await platform.read<{ data: unknown[] }>(`/rankings?division=${story.divisionId}`)
    expect(data).toHaveLength(2)
  })

  test('names every division when the ranking date moves', async () => {
    const stories = [await Story.begin(platform), await Story.begin(platform)]
    for (const story of stories) await story.bout('2026-01-01', `Ana of ${story.divisionId}`, 'Bia')
    await stories[1]!.names()
    const listener = await Listener.open()
    await stories[0]!.period('2026-09-09')
    await until('all changes are told', () => {
      const told = new Set(listener.changes.flat())
      return stories.every(({ divisionId }) => told.has(divisionId))
    })
  })

  test('says how fresh the rankings are while nothing changes', async () => {
    const listener = await Listener.open()
    const before = listener.told.length
    await until('it is said again', () => listener.told.length > before + 1)
    expect(listener.told.at(-1)).toMatchObject({ event: 'freshness', data: { generation: 1 } })
    expect(listener.changes).toEqual([])
  })

  test('is left by pages that go away, and the service keeps nothing of them', async () => {
    const count = () =>
      new Promise<number>((resolve, reject) =>
        platform.query
          .getHttpServer()
          .getConnections((error: Error | null, n: number) => (error === null ? resolve(n) : reject(error))),
      )
    const listeners = await Promise.all(Array.from({ length: 5 }, () => Listener.open()))
    await until('all are connected', async () => (await count()) >= 5)
    await Promise.all(listeners.map((listener) => listener.close()))
    await until('their connections are closed', async () => (await count()) === 0)
  })
})
