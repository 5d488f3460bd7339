import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GuardedProcess } from 'cornerman/testing'
import type { Pool } from 'pg'
import type { BenchContext } from './bench.ts'
import { cornermanBinary, type Databases, environmentOf, rowsOf } from './databases.ts'
import { until } from './until.ts'

/** `cornerman project` for one projection, as a process of its own. */
export class ProjectorProcess {
  readonly #process: GuardedProcess
  readonly #logFile: string

  static async start(
    { guard, logs, options }: BenchContext,
    databases: Databases,
    projection: string,
  ): Promise<ProjectorProcess> {
    const logFile = join(logs, `projector-${++started}.log`)
    const profile = options.cpuProf === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.cpuProf}`]
    const child = await guard.spawn({
      command: process.execPath,
      args: [...profile, cornermanBinary, 'project', projection, '--config', databases.config],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LOG_LEVEL: 'info', ...environmentOf(databases) },
      logFile,
    })
    return new ProjectorProcess(child, logFile)
  }

  private constructor(child: GuardedProcess, logFile: string) {
    this.#process = child
    this.#logFile = logFile
  }

  /** When it began to work, in milliseconds since 1970: the start of Node and the checks are over then. */
  async beganAt(): Promise<number> {
    await until('the projector begins', () => this.#lineOf('projecting') !== undefined, 20)
    return this.#lineOf('projecting')!.time
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }

  #lineOf(message: string): { time: number } | undefined {
    const lines = readFileSync(this.#logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"${message}"`))
    return lines[0] === undefined ? undefined : (JSON.parse(lines[0]) as { time: number })
  }
}

let started = 0

interface WatermarkRow {
  position: string
  gaps: [number, number][]
  committed_ms: number
}

/** Waits until readers are told that everything up to `position` is there; when that became visible, by PostgreSQL's clock. */
export async function reached(read: Pool, projection: string, position: number, everyMs = 25): Promise<number> {
  let row: WatermarkRow | undefined
  await until(
    `${projection} reaches position ${position}`,
    async () => {
      row = (await rowsOf<WatermarkRow>(read, watermarkStatement, [projection]))[0]
      return row !== undefined && Number(row.position) >= position && row.gaps.every(([from]) => from > position)
    },
    everyMs,
  )
  return row!.committed_ms
}

const watermarkStatement = `
select position, gaps, (extract(epoch from pg_xact_commit_timestamp(w.xmin)) * 1000)::float8 as committed_ms
from cornerman.store_watermarks w join cornerman.store_live l using (projection, version, number) where projection = $1`
