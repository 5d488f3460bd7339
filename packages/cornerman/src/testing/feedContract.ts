import assert from 'node:assert/strict'
import type { Feed, FeedBatch, FeedSession } from '../feed.ts'
import { isReflected } from '../freshness/watermark.ts'
import type { TestFunction } from './readStoreContract.ts'

/** A transaction of a writer, as the suite drives it. */
export interface WriterTransaction {
  /** Appends an event of type `Happened` with the payload `{ name }`; returns its position. */
  append(name: string): Promise<number>
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** What a suite needs of the feed under test. */
export interface FeedHarness {
  readonly feed: Feed
  /** A second process's feed on the same source. */
  readonly otherFeed: Feed
  begin(): Promise<WriterTransaction>
  close(): Promise<void>
}

const note = { watermarks: {}, contentPosition: 0 }
const types = ['Happened']

/** The contract of a feed: every feed passes this one suite. `open` is called once for each test. */
export function feedContract(test: TestFunction, open: () => Promise<FeedHarness>): void {
  let run = 0
  const on = (name: string, body: (harness: FeedHarness, projection: string) => Promise<void>) =>
    test(name, async () => {
      const harness = await open()
      try {
        await body(harness, `contract_${process.pid}_${++run}`)
      } finally {
        await harness.close()
      }
    })

  on('delivers every committed event, with its type and payload', async (harness, projection) => {
    await happen(harness, ['a', 'b', 'c'])
    await withSession(harness.feed, projection, async (session) => {
      assert.deepEqual((await take(session, 3)).names, ['a', 'b', 'c'])
    })
  })

  on('delivers what commits while others are open, and those when they commit', async (harness, projection) => {
    const slow = await harness.begin()
    const position = await slow.append('slow')
    await happen(harness, ['quick'])
    await withSession(harness.feed, projection, async (session) => {
      const first = await take(session, 1)
      assert.deepEqual(first.names, ['quick'])
      assert.equal(isReflected(first.last.claims, position), false, 'a claim does not cover what nobody can see')
      await slow.commit()
      const second = await take(session, 1)
      assert.deepEqual(second.names, ['slow'])
      assert.equal(isReflected(second.last.claims, position), true)
    })
  })

  on('does not wait for what was rolled back', async (harness, projection) => {
    const lost = await harness.begin()
    const position = await lost.append('rolled back')
    await happen(harness, ['before'])
    await withSession(harness.feed, projection, async (session) => {
      await take(session, 1)
      await lost.rollback()
      for (let i = 0; ; i++) {
        await happen(harness, [`after ${i}`])
        const { names, last } = await take(session, 1)
        assert.ok(!names.includes('rolled back'))
        if (isReflected(last.claims, position)) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    })
  })

  on('delivers a batch again that was not committed, to its successor too', async (harness, projection) => {
    await happen(harness, ['a', 'b'])
    await withSession(harness.feed, projection, async (session) => {
      assert.deepEqual((await collect(session, 2)).names, ['a', 'b'])
    })
    await withSession(harness.otherFeed, projection, async (session) => {
      assert.deepEqual((await take(session, 2)).names, ['a', 'b'])
    })
    await happen(harness, ['c'])
    await withSession(harness.feed, projection, async (session) => {
      assert.deepEqual((await take(session, 1)).names, ['c'])
    })
  })

  on('keeps the place of an event whose transaction was open at the checkpoint', async (harness, projection) => {
    const slow = await harness.begin()
    await slow.append('slow')
    await happen(harness, ['quick'])
    await withSession(harness.feed, projection, async (session) => {
      assert.deepEqual((await take(session, 1)).names, ['quick'])
    })
    await slow.commit()
    await withSession(harness.feed, projection, async (session) => {
      assert.deepEqual((await take(session, 1)).names, ['slow'])
    })
  })

  on('claims a time before which everything was delivered', async (harness, projection) => {
    await happen(harness, ['a'])
    await withSession(harness.feed, projection, async (session) => {
      const { last } = await take(session, 1)
      const at = last.claims[0]!.atMs
      assert.ok(Math.abs(at - Date.now()) < 60_000, `the claim's time is this minute's: ${new Date(at).toISOString()}`)
      await happen(harness, ['b'])
      const next = await take(session, 1)
      assert.ok(next.last.claims[0]!.atMs > at)
    })
  })

  on('gives the turn to one process at a time', async (harness, projection) => {
    const first = await opened(harness.feed, projection)
    const standby = new AbortController()
    let stoodBy = false
    const second = harness.otherFeed.open({
      projection,
      store: 'contract',
      types,
      signal: standby.signal,
      onStandby: () => {
        stoodBy = true
        standby.abort(new Error('enough'))
      },
    })
    assert.equal(await second, undefined)
    assert.equal(stoodBy, true)
    await first.close()
    const third = await opened(harness.otherFeed, projection)
    await third.close()
  })
}

async function happen(harness: FeedHarness, names: readonly string[]): Promise<void> {
  const transaction = await harness.begin()
  for (const name of names) await transaction.append(name)
  await transaction.commit()
}

async function opened(feed: Feed, projection: string): Promise<FeedSession> {
  const session = await feed.open({ projection, store: 'contract', types, signal: new AbortController().signal })
  assert.ok(session !== undefined)
  return session
}

async function withSession(
  feed: Feed,
  projection: string,
  body: (session: FeedSession) => Promise<void>,
): Promise<void> {
  const session = await opened(feed, projection)
  try {
    await body(session)
  } finally {
    await session.close()
  }
}

interface Taken {
  names: string[]
  last: FeedBatch
}

/** The next events of type `Happened`, as many as said; nothing is committed. */
async function collect(session: FeedSession, count: number): Promise<Taken> {
  const names: string[] = []
  const signal = AbortSignal.timeout(20_000)
  for (;;) {
    const batch = await session.next(100, signal)
    for (const event of batch.events)
      if (event.type === 'Happened') names.push((JSON.parse(event.payload) as { name: string }).name)
    if (names.length >= count) return { names, last: batch }
  }
}

async function take(session: FeedSession, count: number): Promise<Taken> {
  const taken = await collect(session, count)
  await session.commit(taken.last, note)
  return taken
}
