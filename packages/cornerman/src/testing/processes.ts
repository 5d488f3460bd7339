import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const hasProc = existsSync('/proc/self/stat')

/** The processes that this one has started. Slim containers have no `ps`: where there is /proc, it is asked. */
export function childrenOf(pid: number): number[] {
  const pairs = hasProc ? procPairs() : psPairs()
  return pairs.flatMap(([child, parent]) => (parent === pid ? [child] : []))
}

function procPairs(): [pid: number, parent: number][] {
  return readdirSync('/proc').flatMap((name): [number, number][] => {
    const parent = /^\d+$/.test(name) ? procStat(Number(name))?.parent : undefined
    return parent === undefined ? [] : [[Number(name), parent]]
  })
}

function psPairs(): [pid: number, parent: number][] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  return (stdout ?? '')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
}

/** `4711 (postgres: writer) S 42 …`: the name may hold brackets and blanks. */
function procStat(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: state!, parent: Number(parent) }
  } catch {
    return undefined
  }
}

/** Whether it still runs. One that has ended, but that nobody has fetched yet (a zombie), does not. */
export function isAlive(pid: number): boolean {
  if (hasProc) {
    const state = procStat(pid)?.state
    return state !== undefined && state !== 'Z' && state !== 'X'
  }
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Its command line; empty when it is not there. */
export function commandOf(pid: number): string {
  if (!hasProc) return spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout ?? ''
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

export function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}
