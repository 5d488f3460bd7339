import { existsSync } from 'node:fs'
import { postOneResult } from '@platform/demo'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { differences } from './oracle/compare.ts'
import { startTestPlatform, type TestPlatform } from './platform.ts'

let platform: TestPlatform

beforeAll(async () => {
  platform = await startTestPlatform()
})

afterAll(() => platform.stop())

test('a result that is posted is a ranking that changes, and all read models are what they must be', async () => {
  const { before, after } = await postOneResult(platform.urls)
  expect(after).toBe(before + 120)
  await platform.caughtUp()
  expect(await differences(platform.urls)).toEqual([])
})

test('a killed projector is started again, and the platform that has stopped leaves no folder', async () => {
  const [projector] = platform.projectors
  const { pid } = projector!
  projector!.kill('SIGKILL')
  const { before, after } = await postOneResult(platform.urls)
  expect(after).toBe(before + 120)
  expect(projector!.pid).not.toBe(pid)
  await platform.stop()
  expect(existsSync(platform.folders.base)).toBe(false)
})
