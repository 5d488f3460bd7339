import assert from 'node:assert/strict'
import { hasCode } from '../errors.ts'
import type { StoredWatermark, Watermark } from '../freshness/watermark.ts'
import type { Key } from '../key.ts'
import type { GenerationRef, ReadStore, WrittenDocument } from '../readStore.ts'

/** What a suite needs of the store under test. */
export interface ReadStoreHarness {
  readonly store: ReadStore
  /** The store's declaration for documents of the form `{ name: string, points: integer }`. */
  readonly shape: unknown
  /** JSON text that the store refuses for this shape, whatever is tried. */
  readonly refusedDocument: string
  /** The documents that readers get through the live name, by their own path; `null` when there is no live name. */
  readLive(projection: string, version: number): Promise<{ key: Key; document: unknown }[] | null>
  close(): Promise<void>
}

/** `test` of vitest, node:test, or anything of its form. */
export type TestFunction = (name: string, body: () => Promise<void>) => unknown

const keyShape = { group_id: 'uuid', slug: 'text' }
const group = '0b5e3c1e-7f0a-4f5e-9c7a-1d2e3f405162'
const key = (name: string): Key => [group, name]
const written = (name: string, points: number): WrittenDocument => ({
  key: key(name),
  document: JSON.stringify({ name, points }),
})
const deleted = (name: string): WrittenDocument => ({ key: key(name), document: null })

const watermark: Watermark = {
  source: 'outbox',
  position: 42,
  rowId: '6d1f2c8e-93b4-4a55-8f5e-0a1b2c3d4e5f',
  gaps: [{ from: 7, to: 9 }],
  atMs: 1_760_000_000_123.456,
  contentPosition: 40,
  stalenessMs: 12.5,
  parkedKeys: 2,
  parkedFrom: 33,
  slaMs: 30_000,
  lost: null,
}

/** The contract of a read store: every store passes this one suite. `open` is called once for each test. */
export function readStoreContract(test: TestFunction, open: () => Promise<ReadStoreHarness>): void {
  let run = 0
  const on = (name: string, body: (harness: ReadStoreHarness, ref: GenerationRef) => Promise<void>) =>
    test(name, async () => {
      const harness = await open()
      try {
        const ref = { projection: `contract_${process.pid}_${++run}`, version: 1, number: 1 }
        await harness.store.createGeneration(ref, { key: keyShape, shape: harness.shape })
        await body(harness, ref)
      } finally {
        await harness.close()
      }
    })

  on('keeps the higher version, in whatever order versions arrive', async ({ store }, ref) => {
    await store.write(ref, 5, [written('a', 5)])
    const late = await store.write(ref, 4, [written('a', 4)])
    assert.deepEqual(late, [{ outcome: 'fenced', storedVersion: 5 }])
    assert.deepEqual(await store.write(ref, 6, [written('a', 6)]), [{ outcome: 'written' }])
    assert.deepEqual(await documentsOf(store, ref, ['a']), [{ version: 6, document: { name: 'a', points: 6 } }])
  })

  on('takes the same documents again under the same version', async ({ store }, ref) => {
    await store.write(ref, 5, [written('a', 5)])
    await store.write(ref, 5, [written('a', 5)])
    assert.deepEqual(await documentsOf(store, ref, ['a']), [{ version: 5, document: { name: 'a', points: 5 } }])
  })

  on(
    'remembers a delete: a late write of a lower version brings nothing back, a higher one does',
    async ({ store }, ref) => {
      await store.write(ref, 1, [written('a', 1)])
      await store.write(ref, 3, [deleted('a')])
      assert.deepEqual(await store.write(ref, 2, [written('a', 2)]), [{ outcome: 'fenced', storedVersion: 3 }])
      assert.deepEqual(await documentsOf(store, ref, ['a']), [{ version: 3, document: null }])
      await store.write(ref, 4, [written('a', 4)])
      assert.deepEqual(await documentsOf(store, ref, ['a']), [{ version: 4, document: { name: 'a', points: 4 } }])
    },
  )

  on('remembers the delete of a document that it never had', async ({ store }, ref) => {
    await store.write(ref, 3, [deleted('a')])
    assert.deepEqual(await store.write(ref, 2, [written('a', 2)]), [{ outcome: 'fenced', storedVersion: 3 }])
  })

  on('tells the outcome of each document, in the order of the documents', async ({ store }, ref) => {
    await store.write(ref, 9, [written('b', 9), deleted('d')])
    const outcomes = await store.write(ref, 5, [written('d', 5), written('c', 5), written('b', 5), written('a', 5)])
    assert.deepEqual(outcomes, [
      { outcome: 'fenced', storedVersion: 9 },
      { outcome: 'written' },
      { outcome: 'fenced', storedVersion: 9 },
      { outcome: 'written' },
    ])
  })

  on('refuses one document and takes the others', async ({ store, refusedDocument }, ref) => {
    const outcomes = await store.write(ref, 1, [
      written('a', 1),
      { key: key('b'), document: refusedDocument },
      written('c', 1),
      deleted('d'),
    ])
    assert.deepEqual(
      outcomes.map((each) => each.outcome),
      ['written', 'refused', 'written', 'written'],
    )
    assert.ok(outcomes[1]!.outcome === 'refused' && outcomes[1]!.reason.length > 0, 'a refusal has its reason')
    assert.deepEqual(await documentsOf(store, ref, ['b']), [])
  })

  on('keeps every character of a document', async ({ store }, ref) => {
    const name =
      'quote " backslash \\ slash / newline \n tab \t bell \u0007 line \u2028 accents São Śliwka 李 🥊 \u{10FFFF} \ud83e\udd4a {}[],:\u0001'
    await store.write(ref, 1, [{ key: key('odd, "key" \\ {}'), document: JSON.stringify({ name, points: 1 }) }])
    const [stored] = await store.read(ref, [key('odd, "key" \\ {}')])
    assert.deepEqual(stored?.key, key('odd, "key" \\ {}'))
    assert.deepEqual(JSON.parse(stored!.document!), { name, points: 1 })
  })

  on('settles writers of one key at once to the highest version', async ({ store }, ref) => {
    const versions = Array.from({ length: 40 }, (_, i) => ((i * 17) % 40) + 1)
    const names = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(
      versions.map((version, i) => {
        const rotated = [...names.slice(i % 5), ...names.slice(0, i % 5)]
        return store.write(
          ref,
          version,
          rotated.map((name) => (version % 7 === 0 ? deleted(name) : written(name, version))),
        )
      }),
    )
    for (const each of await documentsOf(store, ref, names))
      assert.deepEqual(each, { version: 40, document: { ...(each.document as object), points: 40 } })
  })

  on('never makes a generation by a write', async ({ store }, ref) => {
    const unknown = { ...ref, number: 99 }
    await assert.rejects(store.write(unknown, 1, [written('a', 1)]), (error) => hasCode(error, 'GENERATION_GONE'))
    assert.equal(await store.hasGeneration(unknown), false)
    await store.write(ref, 1, [written('a', 1)])
    await store.dropGeneration(ref)
    await assert.rejects(store.write(ref, 2, [written('a', 2)]), (error) => hasCode(error, 'GENERATION_GONE'))
    assert.equal(await store.hasGeneration(ref), false)
  })

  on('makes a generation empty, whatever was left under its name', async ({ store, shape }, ref) => {
    await store.write(ref, 1, [written('a', 1)])
    await store.writeWatermark(ref, watermark, 0)
    await store.createGeneration(ref, { key: keyShape, shape })
    assert.deepEqual(await store.scan(ref, { limit: 10 }), [])
    assert.deepEqual(await store.readWatermarks(ref), [])
    assert.equal(await store.versionMax(ref), 0)
  })

  on('scans documents in pages, without tombstones, each once', async ({ store }, ref) => {
    const names = Array.from({ length: 25 }, (_, i) => `n${String(i).padStart(2, '0')}`)
    await store.write(
      ref,
      1,
      names.map((name, i) => written(name, i)),
    )
    await store.write(ref, 2, [deleted('n03'), written('n04', 44)])
    await store.makeSearchable(ref)
    const seen: string[] = []
    let after: Key | undefined
    for (;;) {
      const page = await store.scan(ref, { limit: 7, ...(after === undefined ? {} : { after }) })
      seen.push(...page.map((each) => each.key[1]!))
      if (page.length < 7) break
      after = page.at(-1)!.key
    }
    assert.deepEqual(
      [...seen].sort(),
      names.filter((name) => name !== 'n03'),
    )
    const old = await store.scan(ref, { limit: 100, versionBelow: 2 })
    assert.equal(old.length, 23)
    assert.ok(old.every((each) => each.version < 2))
  })

  on('knows its highest version, tombstones included', async ({ store }, ref) => {
    await store.write(ref, 3, [written('a', 3)])
    await store.write(ref, 8, [deleted('b')])
    await store.makeSearchable(ref)
    assert.equal(await store.versionMax(ref), 8)
  })

  on('forgets tombstones of a certain age, and no document', async ({ store }, ref) => {
    await store.write(ref, 1, [written('a', 1), deleted('b')])
    await store.makeSearchable(ref)
    assert.equal(await store.purgeTombstones(ref, 3_600_000), 0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(await store.purgeTombstones(ref, 1), 1)
    assert.deepEqual(await documentsOf(store, ref, ['a', 'b']), [{ version: 1, document: { name: 'a', points: 1 } }])
  })

  on('replaces a watermark only for a writer that names the one before', async ({ store }, ref) => {
    assert.deepEqual(await store.readWatermarks(ref), [])
    assert.equal(await store.writeWatermark(ref, watermark, 7), 'conflict')
    assert.equal(await store.writeWatermark(ref, watermark, 0), 'written')
    assert.equal(await store.writeWatermark(ref, { ...watermark, position: 1 }, 0), 'conflict')
    const [stored] = await store.readWatermarks(ref)
    assert.deepEqual(stored, { ...watermark, revision: 1 } satisfies StoredWatermark)
    const next = { ...watermark, position: 50, gaps: [], rowId: null, parkedFrom: null, lost: 'flushed' }
    assert.equal(await store.writeWatermark(ref, next, stored!.revision), 'written')
    assert.equal(await store.writeWatermark(ref, watermark, stored!.revision), 'conflict')
    assert.deepEqual(await store.readWatermarks(ref), [{ ...next, revision: 2 }])
  })

  on('keeps the watermarks of several sources and generations apart', async ({ store, shape }, ref) => {
    const other = { ...ref, number: 2 }
    await store.createGeneration(other, { key: keyShape, shape })
    await store.writeWatermark(ref, watermark, 0)
    await store.writeWatermark(ref, { ...watermark, source: 'match-events/1', position: 3 }, 0)
    assert.deepEqual((await store.readWatermarks(ref)).map((each) => [each.source, each.position]).sort(), [
      ['match-events/1', 3],
      ['outbox', 42],
    ])
    assert.deepEqual(await store.readWatermarks(other), [])
  })

  on('shows readers nothing before the first promotion, and never a tombstone', async ({ store, readLive }, ref) => {
    await store.write(ref, 1, [written('a', 1), written('b', 1), deleted('c')])
    assert.equal(await readLive(ref.projection, ref.version), null)
    assert.equal(await store.liveGeneration(ref.projection, ref.version), null)
    assert.deepEqual(await store.promote(ref, null), { outcome: 'promoted' })
    await store.write(ref, 2, [deleted('b')])
    await store.makeSearchable(ref)
    assert.equal(await store.liveGeneration(ref.projection, ref.version), 1)
    assert.deepEqual(await readLive(ref.projection, ref.version), [
      { key: key('a'), document: { name: 'a', points: 1 } },
    ])
  })

  on('promotes only from what is live', async ({ store, shape }, ref) => {
    const other = { ...ref, number: 2 }
    await store.createGeneration(other, { key: keyShape, shape })
    assert.deepEqual(await store.promote(other, 1), { outcome: 'conflict', live: null })
    await store.promote(ref, null)
    assert.deepEqual(await store.promote(other, null), { outcome: 'conflict', live: 1 })
    assert.deepEqual(await store.promote(other, 1), { outcome: 'promoted' })
    assert.deepEqual(await store.promote(ref, 2), { outcome: 'promoted' })
    assert.equal(await store.liveGeneration(ref.projection, ref.version), 1)
  })

  on(
    'shows one generation or the other while promotions go on, never none and never a mixture',
    async ({ store, shape, readLive }, ref) => {
      const other = { ...ref, number: 2 }
      await store.createGeneration(other, { key: keyShape, shape })
      const names = Array.from({ length: 50 }, (_, i) => `n${i}`)
      await store.write(
        ref,
        1,
        names.map((name) => written(name, 1)),
      )
      await store.write(
        other,
        1,
        names.map((name) => written(name, 2)),
      )
      for (const each of [ref, other]) await store.makeSearchable(each)
      await store.promote(ref, null)
      const promoting = { now: true }
      const promotions = (async () => {
        for (let i = 0; i < 20; i++)
          assert.equal((await store.promote(i % 2 === 0 ? other : ref, i % 2 === 0 ? 1 : 2)).outcome, 'promoted')
      })().finally(() => {
        promoting.now = false
      })
      const readers = Array.from({ length: 3 }, async () => {
        while (promoting.now) {
          const points = (await readLive(ref.projection, ref.version))?.map(
            (each) => (each.document as { points: number }).points,
          )
          assert.equal(points?.length, names.length)
          assert.equal(new Set(points).size, 1)
        }
      })
      await Promise.all([promotions, ...readers])
    },
  )
}

/** Version and document of the keys that the store has, in the order of their names. */
async function documentsOf(
  store: ReadStore,
  ref: GenerationRef,
  names: readonly string[],
): Promise<{ version: number; document: unknown }[]> {
  const stored = await store.read(ref, names.map(key))
  return [...stored]
    .sort((a, b) => (a.key[1]! < b.key[1]! ? -1 : 1))
    .map(({ version, document }) => ({ version, document: document === null ? null : JSON.parse(document) }))
}
