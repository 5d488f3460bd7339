import { expect, test } from 'vitest'
import { parseOptions } from './options.ts'

const known = ['append', 'latency']

test('several benches may be asked for, with options between them', () => {
  expect(parseOptions(['append', '--pairs', '7', 'latency', '--quick'], known)).toEqual({
    asked: 'run',
    benches: ['append', 'latency'],
    options: { pairs: 7, events: undefined, cpuProf: undefined, quick: true, json: false },
  })
})

test.each([
  [['speed'], 'there is no bench speed'],
  [[], 'no bench is named'],
  [['append', '--pairs', '0'], 'expected --pairs to be a positive integer, got: 0'],
  [['append', '--pairs', 'many'], 'expected --pairs to be a positive integer, got: many'],
])('%j is refused with what is wrong', (args, message) => {
  expect(parseOptions(args, known)).toMatchObject({ asked: 'nonsense', message })
})

test('an unknown option is refused', () => {
  expect(parseOptions(['append', '--pears', '3'], known)).toMatchObject({ asked: 'nonsense' })
})

test('help is given whatever else stands there', () => {
  expect(parseOptions(['append', '--help'], known)).toEqual({ asked: 'help' })
})
