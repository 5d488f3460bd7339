import { expect, test } from 'vitest'
import { z } from 'zod'
import { parseEnvironment, serviceEnvironment } from './environment.ts'

const shape = { ...serviceEnvironment, DATABASE_URL: z.url('must be a URL') }

test('an environment has its defaults, and an empty variable is one that is not set', () => {
  expect(parseEnvironment(shape, { PORT: '3001', HOST: '', LOG_LEVEL: '', DATABASE_URL: 'postgres://db/x' })).toEqual({
    PORT: 3001,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
    DATABASE_URL: 'postgres://db/x',
  })
})

test('all that is wrong with an environment is told at once, with the names of the variables', () => {
  const parse = () => parseEnvironment(shape, { PORT: '', LOG_LEVEL: 'loud' })
  expect(parse).toThrow(/PORT: must be a port/)
  expect(parse).toThrow(/LOG_LEVEL: /)
  expect(parse).toThrow(/DATABASE_URL: must be a URL/)
})
