import { join } from 'node:path'
import type { DivisionsAnswer, RankingsAnswer } from '@platform/contracts'
import type { Urls } from '@platform/demo'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Launched, LaunchPad } from './launched.ts'
import { differences } from './oracle/compare.ts'
import { publishedFolder, writeMadeUp } from './published.ts'
import { countBouts } from './written.ts'

const published = publishedFolder()
const which =
  published === undefined
    ? 'made-up results (the published ones are absent: neither CORNERMAN_UFC_DATA nor ../shared/data/ufc has them)'
    : 'the published results of 1993 to 2024'

interface Report {
  read: number
  taken: number
  alreadyThere: number
  rejected: number
  rankingDate: string
  rejectsFile: string | null
}

describe(`the import of ${which}`, () => {
  let pad: LaunchPad
  let folder: string
  let demo: Launched

  beforeAll(() => {
    pad = new LaunchPad()
    folder = published ?? join(pad.folders.base, 'made-up')
    if (published === undefined) writeMadeUp(folder, 400)
  })

  afterAll(() => pad.close())

  const imported = async (): Promise<Report> => {
    const { code, out, err } = await pad.node('import', folder, '--json').ended()
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const report = JSON.parse(out) as Report
    expect(report.read).toBe(report.taken + report.alreadyThere + report.rejected)
    return report
  }

  const running = (): Urls => pad.running()!.platform!.urls

  test('starts a platform of its own, and leaves nothing when it is killed in the middle', async () => {
    const killed = pad.node('import', folder)
    await killed.until('the platform is ready', () => pad.running()?.platform !== undefined)
    const { ownerWrite } = running()
    await killed.until('some results are taken', async () => (await countBouts(ownerWrite)) > 0)
    const tree = killed.tree()
    await killed.kill('SIGKILL')
    expect(killed.out).not.toContain('taken')
    expect(await killed.leftOf(tree)).toEqual([])
  })

  test('is finished by the next one, and the sum is the file', async () => {
    const report = await imported()
    expect(report.alreadyThere).toBeGreaterThan(0)
    expect(report.taken).toBeGreaterThan(0)
    expect(report.taken + report.alreadyThere).toBeGreaterThanOrEqual(published === undefined ? report.read : 7_950)
    if (published !== undefined) expect(report).toMatchObject({ read: 7_974, rankingDate: '2024-12-14' })
  })

  test('goes into the running demo, where a second one takes nothing', async () => {
    demo = pad.node('main')
    await demo.says('Ctrl-C stops everything')
    expect(demo.out).not.toContain('seed')
    expect(await imported()).toMatchObject({ taken: 0, alreadyThere: await countBouts(running().ownerWrite) })
  })

  test('leaves read models that are what they must be', async () => {
    expect(await differences(running())).toEqual([])
  })

  test('shows the champions of that day', async () => {
    const champions = await championsOf(running())
    if (published === undefined) expect(champions.get('Welterweight')).toMatch(/^Fighter \d+é$/)
    else
      expect(Object.fromEntries(champions)).toMatchObject({
        Middleweight: 'Dricus Du Plessis',
        Bantamweight: 'Merab Dvalishvili',
        "Women's Strawweight": 'Zhang Weili',
      })
  })
})

async function championsOf({ queryApi }: Urls): Promise<Map<string, string>> {
  const champions = new Map<string, string>()
  for (const { slug, name, athletes } of (await get<DivisionsAnswer>(`${queryApi}/divisions`)).data) {
    if (athletes === 0) continue
    const [first] = (await get<RankingsAnswer>(`${queryApi}/rankings?division=${slug}&limit=1`)).data
    if (first?.champion === true) champions.set(name, first.athlete.name)
  }
  return champions
}

async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T
}
