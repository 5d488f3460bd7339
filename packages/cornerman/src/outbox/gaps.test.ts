import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  afterLook,
  afterPage,
  type Gaps,
  loadGaps,
  lowestGap,
  noGaps,
  rangesOf,
  sameBounded,
  storeGaps,
  withBound,
  worthALook,
} from './gaps.ts'
import { contains, type Range } from './ranges.ts'
import type { Snapshot } from './snapshot.ts'

const snapshot = (xmin: number, xmax: number, inProgress: number[] = []): Snapshot => ({
  xmin: BigInt(xmin),
  xmax: BigInt(xmax),
  inProgress: new Set(inProgress.map(BigInt)),
})

/** A database of transactions that take an id, then positions, then commit or roll back. */
class Database {
  readonly running = new Map<bigint, number[]>()
  readonly committed = new Set<number>()
  #nextId = 1n
  #lastEnded = 0n
  #lastPosition = 0

  begin(): void {
    this.running.set(this.#nextId++, [])
  }

  append(id: bigint, count: number): void {
    for (let i = 0; i < count; i++) this.running.get(id)!.push(++this.#lastPosition)
  }

  end(id: bigint, commits: boolean): void {
    if (commits) for (const position of this.running.get(id)!) this.committed.add(position)
    this.running.delete(id)
    if (id > this.#lastEnded) this.#lastEnded = id
  }

  /** A transaction id of the reader's own, whose transaction ends at once. */
  ownId(): bigint {
    this.#lastEnded = this.#nextId
    return this.#nextId++
  }

  snapshot(): Snapshot {
    const xmax = this.#lastEnded + 1n
    const inProgress = [...this.running.keys()].filter((id) => id < xmax)
    return { xmin: inProgress[0] ?? xmax, xmax, inProgress: new Set(inProgress) }
  }

  visible(ranges: readonly Range[], limit: number): number[] {
    const inside = (position: number) => ranges.some(({ from, to }) => from <= position && position <= to)
    return [...this.committed]
      .filter(inside)
      .sort((a, b) => a - b)
      .slice(0, limit)
  }
}

/** The reader's three statements, between which anything may happen. */
class Reader {
  readonly delivered: number[] = []
  gaps: Gaps = noGaps
  cursor = 0

  /** As a new process goes on from the last checkpoint. */
  rebuild(): void {
    this.gaps = loadGaps(JSON.parse(JSON.stringify(storeGaps(this.gaps))))
  }

  *read(db: Database, limit: number, takesBound: boolean): Generator<void> {
    const page = db.visible([{ from: this.cursor + 1, to: Number.MAX_SAFE_INTEGER }], limit)
    const pageSnapshot = db.snapshot()
    yield
    const groups = worthALook(this.gaps, pageSnapshot)
    const found = db.visible([...this.gaps.fresh, ...groups.flatMap((group) => group.ranges)], limit)
    const look = { groups, found, snapshot: db.snapshot(), complete: found.length < limit }
    yield
    this.gaps = afterPage(afterLook(this.gaps, look), this.cursor, page)
    this.cursor = page.at(-1) ?? this.cursor
    this.delivered.push(...found, ...page)
    if (takesBound) this.gaps = withBound(this.gaps, db.ownId())
  }
}

/** Runs one schedule: each number decides what happens next, and to whom. */
function run(choices: readonly number[], limit: number, check: (reader: Reader, db: Database) => void): void {
  const db = new Database()
  const reader = new Reader()
  let reading: Generator<void> | undefined
  for (const choice of choices) {
    const who = [...db.running.keys()][Math.floor(choice / 10) % Math.max(1, db.running.size)]
    const what = choice % 10
    if (what <= 2 || who === undefined) db.begin()
    else if (what === 3) db.append(who, 1)
    else if (what === 4) db.append(who, 2 * limit + 1)
    else if (what === 5) db.end(who, true)
    else if (what === 6) db.end(who, false)
    else if (what === 7 && reading === undefined) reader.rebuild()
    else {
      reading ??= reader.read(db, limit, choice % 20 < 10)
      if (reading.next().done === true) reading = undefined
      if (reading === undefined) check(reader, db)
    }
  }
  while (reading?.next().done === false);
  for (const id of db.running.keys()) db.end(id, id % 2n === 0n)
  for (let reads = db.committed.size + 3; reads > 0; reads--) for (const _ of reader.read(db, limit, true));
  expect(reader.delivered.toSorted((a, b) => a - b)).toEqual([...db.committed].sort((a, b) => a - b))
  expect(rangesOf(reader.gaps)).toEqual([])
}

/** What holds after every read. */
const checkGaps = ({ gaps, cursor }: Reader, db: Database) => {
  const ranges = rangesOf(gaps)
  ranges.slice(1).forEach((range, i) => expect(range.from).toBeGreaterThan(ranges[i]!.to))
  expect(lowestGap(gaps)).toBe(ranges[0]?.from)
  const open = [...db.running.values()].flat().filter((position) => position <= cursor)
  for (const position of open) expect(contains(ranges, position)).toBe(true)
}

const schedule = fc.array(fc.nat(999), { minLength: 10, maxLength: 120 })

describe('the gap rule', () => {
  test('delivers what commits exactly once and nothing else, and closes all gaps, in every schedule', () => {
    fc.assert(
      fc.property(schedule, fc.integer({ min: 1, max: 3 }), (choices, limit) => run(choices, limit, () => undefined)),
      { numRuns: 1_000 },
    )
  })

  test('keeps every gap of an open transaction, and its gaps ascending', () => {
    fc.assert(
      fc.property(schedule, (choices) => run(choices, 2, checkGaps)),
      { numRuns: 500 },
    )
  })
})

describe('bounded gaps', () => {
  const bounded = withBound(afterPage(noGaps, 0, [1, 4]), 20n)
  const group = bounded.bounded[0]!

  test('stay while a transaction below their bound is in progress', () => {
    const look = { groups: [group], found: [], snapshot: snapshot(19, 30, [19]), complete: true }
    expect(rangesOf(afterLook(bounded, look))).toEqual([{ from: 2, to: 3 }])
  })

  test('close once the oldest transaction in progress is at their bound', () => {
    const look = { groups: [group], found: [], snapshot: snapshot(20, 30, [20]), complete: true }
    expect(afterLook(bounded, look)).toEqual(noGaps)
  })

  test('do not close on a look that was cut short', () => {
    const look = { groups: [group], found: [2], snapshot: snapshot(25, 25), complete: false }
    const left = afterLook(bounded, look)
    expect(rangesOf(left)).toEqual([{ from: 3, to: 3 }])
    expect(worthALook(left, snapshot(25, 25))).toHaveLength(1)
  })

  test('are looked at once, then only when a transaction below their bound has ended', () => {
    expect(worthALook(bounded, snapshot(15, 25, [15, 19]))).toEqual([group])
    const look = { groups: [group], found: [], snapshot: snapshot(15, 25, [15, 19]), complete: true }
    const looked = afterLook(bounded, look)
    expect(worthALook(looked, snapshot(15, 40, [15, 19, 33]))).toEqual([])
    expect(worthALook(looked, snapshot(15, 40, [15, 33]))).toHaveLength(1)
  })

  test('are the same after a look that found nothing, so that a checkpoint need not write them again', () => {
    const look = { groups: [group], found: [], snapshot: snapshot(15, 25, [15]), complete: true }
    expect(sameBounded(afterLook(bounded, look).bounded, bounded.bounded)).toBe(true)
    expect(sameBounded(afterLook(bounded, { ...look, found: [2] }).bounded, bounded.bounded)).toBe(false)
    expect(sameBounded(withBound(afterPage(bounded, 4, [6]), 30n).bounded, bounded.bounded)).toBe(false)
    expect(sameBounded([{ ...group, bound: 21n }], bounded.bounded)).toBe(false)
  })
})

const ranges = (from: number) => [
  { from, to: from },
  { from: from + 3, to: from + 8 },
]

describe('stored gaps', () => {
  test('come back from a checkpoint as they were, to be looked at once', () => {
    const gaps: Gaps = {
      fresh: ranges(200),
      bounded: [
        { bound: 7n, ranges: ranges(1) },
        { bound: 9007199254740993n, ranges: ranges(100), looked: snapshot(1, 2) },
      ],
    }
    const loaded = loadGaps(JSON.parse(JSON.stringify(storeGaps(gaps))))
    expect(loaded.fresh).toEqual(gaps.fresh)
    expect(loaded.bounded).toEqual(gaps.bounded.map(({ bound, ranges }) => ({ bound, ranges })))
    expect(worthALook(loaded, snapshot(1, 2))).toHaveLength(2)
  })
})
