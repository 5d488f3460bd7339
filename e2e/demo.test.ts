import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Launched, LaunchPad } from './launched.ts'
import { countBouts } from './written.ts'

let pad: LaunchPad
let squatter: Server
let busyPort: number

beforeAll(async () => {
  pad = new LaunchPad()
  // The usual port of the command service; if it is busy already, the better.
  squatter = createServer().listen(3001, '127.0.0.1')
  busyPort = 3001
  await Promise.race([once(squatter, 'listening'), once(squatter, 'error').catch(() => undefined)])
})

afterAll(async () => {
  await pad.close()
  await new Promise((resolve) => squatter.close(resolve))
})

const ready = 'Ctrl-C stops everything'
const seedLine = /seed: ([\d,]+) athletes, ([\d,]+) bouts, all made up/
const number = (text: string | undefined) => Number(text?.replaceAll(',', ''))

async function started(...args: string[]): Promise<Launched> {
  const demo = pad.node('main', ...args)
  await demo.says(ready)
  return demo
}

describe('the demo', () => {
  test('--once starts, seeds, posts a result, sees it in the rankings, stops', async () => {
    const demo = pad.node('main', '--once')
    await demo.says('schema')
    const tree = demo.tree()
    const { code, out, err } = await demo.ended()
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const [, athletes, bouts] = seedLine.exec(out) ?? []
    expect(number(athletes)).toBeGreaterThanOrEqual(2_000)
    expect(number(bouts)).toBeGreaterThanOrEqual(10_000)
    expect(out).toMatch(/has won: \d+ → \d+ points\n {2}posted → visible on the rankings query in \d+ ms\n/)
    expect(out).toContain(`port ${busyPort} is taken`)
    expect(tree.size).toBeGreaterThan(2)
    expect(await demo.leftOf(tree)).toEqual([])
  })

  test('keeps its data, runs once at a time, takes a result from another terminal, and leaves nothing when it is killed', async () => {
    const demo = await started()
    expect(demo.out).not.toMatch(seedLine)
    const { urls } = pad.running()!.platform!
    for (const url of [urls.web, `${urls.commandApi}/docs`, `${urls.queryApi}/docs`]) {
      expect(demo.out).toContain(url)
      expect((await fetch(url)).status).toBe(200)
    }
    const before = await countBouts(urls.ownerWrite)

    const second = await pad.node('main').ended()
    expect(second).toMatchObject({ code: 1, out: '' })
    expect(second.err).toBe(
      `the demo is running already, as process ${demo.pid}: ${urls.web}\nTry: stop it with Ctrl-C first\n`,
    )
    expect((await pad.node('main', '--reset').ended()).code).toBe(1)

    const post = await pad.node('main', '--post').ended()
    expect(post).toMatchObject({ code: 0, err: '' })
    expect(post.out).toMatch(/posted → visible on the rankings query in \d+ ms/)
    expect(await countBouts(urls.ownerWrite)).toBe(before + 1)

    const tree = demo.tree()
    const commands = [...tree.values()].join('\n')
    for (const part of ['guardMain', 'postgres', 'command-service', 'query-service', 'cornerman.js project', 'web'])
      expect(commands).toContain(part)
    await demo.kill('SIGKILL')
    expect(await demo.leftOf(tree)).toEqual([])
  })

  test('started through npm leaves nothing when npm is killed, nor when it is interrupted', async () => {
    const npm = pad.npm('run', 'demo')
    await npm.says(ready)
    const tree = npm.tree()
    expect([...tree.values()].join('\n')).toContain('scripts/run.mjs demo')
    const status = await pad.npm('run', '--silent', 'cornerman', '--', 'status').ended()
    expect(status).toMatchObject({ code: 0, err: '' })
    expect(status.out).toMatch(/rankings v1 +postgres +FRESH/)
    await npm.kill('SIGKILL')
    expect(await npm.leftOf(tree)).toEqual([])

    const demo = await started()
    const direct = demo.tree()
    await demo.kill('SIGINT')
    const { code, out } = await demo.ended()
    expect(code).toBe(0)
    expect(out).toContain('everything has stopped; the data stay for the next time')
    expect(await demo.leftOf(direct)).toEqual([])
    expect(existsSync(pad.folders.state)).toBe(false)
  })

  test('--reset drops all data; stopped before it is ready, it leaves nothing', async () => {
    const secrets = () => readFileSync(pad.folders.secrets, 'utf8')
    const before = secrets()
    const demo = pad.node('main', '--reset')
    await demo.says('schema')
    const tree = demo.tree()
    await demo.kill('SIGTERM')
    const { code, err } = await demo.ended()
    expect({ code, err }).toEqual({ code: 130, err: 'stopped before it was done\nTry: run it again: npm run demo\n' })
    expect(await demo.leftOf(tree)).toEqual([])
    expect(secrets()).not.toBe(before)
  })

  test('leaves nothing when the task runner is killed while it starts', async () => {
    const runner = pad.task('demo')
    await runner.says('schema')
    const tree = runner.tree()
    expect([...tree.values()].join('\n')).toMatch(/dist\/main\.js[^]*guardMain/)
    await runner.kill('SIGKILL')
    expect(await runner.leftOf(tree)).toEqual([])
  })

  test('says what it does not understand, and what to try', async () => {
    expect(await pad.node('main', '--onec').ended()).toEqual({
      code: 2,
      out: '',
      err: "Unknown option '--onec'\nTry: npm run demo -- --help\n",
    })
    expect(await pad.node('main', '--post').ended()).toEqual({
      code: 1,
      out: '',
      err: 'no demo is running\nTry: npm run demo\n',
    })
    expect((await pad.node('main', '--help').ended()).out).toContain('npm run demo -- --once')
  })
})
