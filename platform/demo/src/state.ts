import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Folders } from './folders.ts'
import type { Urls } from './platform.ts'

/** What a running demo says about itself, so that other commands find it. */
export interface Running {
  pid: number
  urls: Urls
}

export function readRunning({ state }: Folders): Running | undefined {
  if (!existsSync(state)) return undefined
  const running = JSON.parse(readFileSync(state, 'utf8')) as Running
  return isAlive(running.pid) ? running : undefined
}

export function writeRunning({ state }: Folders, urls: Urls): void {
  writeFileSync(state, JSON.stringify({ pid: process.pid, urls } satisfies Running), { mode: 0o600 })
}

export function forgetRunning({ state }: Folders): void {
  rmSync(state, { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
