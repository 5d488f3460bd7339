import { fold } from '@platform/query-service/fold'
import * as fc from 'fast-check'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newDatabases } from '../databases.ts'

let pool: Pool

beforeAll(async () => {
  pool = new Pool({ connectionString: (await newDatabases()).ownerWrite, max: 1 })
})
afterAll(() => pool?.end())

async function published(names: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ folded: string }>(
    'select published.folded(name) as folded from unnest($1::text[]) with ordinality as names(name, at) order by at',
    [names],
  )
  return rows.map(({ folded }) => folded)
}

describe('a name is folded in the read model as what is typed is folded in the search', () => {
  test.each([
    ['São Paulo', 'sao paulo'],
    ['Łukasz Śliwka', 'lukasz sliwka'],
    ['Ørjan Þórsson', 'orjan torsson'],
    ['GROẞE Weiß', 'grosse weiss'],
    ['Æsa Dubœuf', 'aesa duboeuf'],
    ['İlker Yıldız', 'ilker yildiz'],
    ['Đurđica', 'durdica'],
    ["O'Rourke", 'o rourke'],
    ['O’Rourke', 'o rourke'],
    ['Ní-Dhomhnaill', 'ni dhomhnaill'],
    ['  José   "Cat"  Núñez, Jr. ', 'jose cat nunez jr'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευσ'],
    ['Хабиб Нурмагомедов', 'хабиб нурмагомедов'],
    ['张伟丽', '张伟丽'],
  ])('%j is %j', async (name, folded) => {
    expect(fold(name)).toBe(folded)
    expect(await published([name])).toEqual([folded])
  })

  test('whatever the letters, of alphabets that people write names in', async () => {
    const letter = fc
      .oneof(
        fc.integer({ min: 0x20, max: 0x7e }),
        fc.integer({ min: 0xa0, max: 0x17f }),
        fc.integer({ min: 0x180, max: 0x24f }),
        fc.integer({ min: 0x370, max: 0x52f }),
        fc.integer({ min: 0x1e00, max: 0x1eff }),
        fc.constantFrom(0x2019, 0x2013, 0x0301, 0x30c),
      )
      .map((code) => String.fromCodePoint(code))
    const names = fc.array(fc.string({ unit: letter, minLength: 1, maxLength: 12 }), { minLength: 50, maxLength: 50 })
    await fc.assert(
      fc.asyncProperty(names, async (list) => {
        expect(await published(list)).toEqual(list.map(fold))
      }),
      { numRuns: 100 },
    )
  })
})
