import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readCsv, UnusableFile } from './readCsv.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'importer-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const read = (text: string, columns = ['A', 'B']) => {
  const path = join(folder, 'results.csv')
  writeFileSync(path, text)
  return readCsv(path, columns)
}

test('values lose the blanks at their ends, and keep commas, quotes, accents and what is between the blanks', async () => {
  const { rows, rejected } = await read('\uFEFFA ,B\r\n Łucja  Öz , "x, y" \r\n\r\n"5\' 11""",\u0000é\u0000\r\n')
  expect(rows).toEqual([
    { line: 2, values: { A: 'Łucja  Öz', B: 'x, y' } },
    { line: 4, values: { A: `5' 11"`, B: 'é' } },
  ])
  expect(rejected).toEqual([])
})

test('a line with more or fewer fields than the header is rejected, and the others are taken', async () => {
  const { rows, rejected } = await read('A,B\n1,2\n3\n4,5,6\n7,8\n')
  expect(rows.map(({ line }) => line)).toEqual([2, 5])
  expect(rejected).toEqual([
    { file: 'results.csv', line: 3, reason: 'the line has 1 fields, the header 2', text: '3' },
    { file: 'results.csv', line: 4, reason: 'the line has 3 fields, the header 2', text: '4,5,6' },
  ])
})

test.each([
  ['', 'results.csv is empty: expected a header with A, B'],
  ['A,C\n1,2\n', 'results.csv has no column B; its header is: A, C'],
  ['A,B\n1,"2\n3,4\n', /^results\.csv is no CSV: /],
])('the file %j is refused', async (text, message) => {
  const error = await read(text).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(UnusableFile)
  expect((error as Error).message).toMatch(message)
})

test('a file that is not there, and one that cannot be read, are refused by name', async () => {
  await expect(readCsv(join(folder, 'events.csv'), [])).rejects.toThrow(`there is no ${join(folder, 'events.csv')}`)
  await expect(readCsv(folder, [])).rejects.toThrow(/cannot be read: EISDIR/)
})
