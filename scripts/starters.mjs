// Plain JavaScript for any Node from 18 on.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** Whether the process that started this one is still there; where that is npm's shell, npm too: the shell does not end with it. */
export function watchOfStarters() {
  const parent = process.ppid
  const npm = process.env.npm_lifecycle_event === undefined ? undefined : statusOf(parent)?.parent
  return () => process.ppid === parent && (npm === undefined || statusOf(npm) !== undefined)
}

/** What the system says of a process that runs; nothing of one that has ended, also if nobody has fetched it yet (Z). */
function statusOf(pid) {
  const [parent, state] = existsSync('/proc/self/stat') ? procStatus(pid) : psStatus(pid)
  return state === undefined || state.startsWith('Z') ? undefined : { parent: Number(parent) }
}

function procStatus(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [parent, state]
  } catch {
    return []
  }
}

/** Where there is no /proc. */
const psStatus = (pid) =>
  spawnSync('ps', ['-o', 'ppid=,state=', '-p', String(pid)], { encoding: 'utf8' })
    .stdout?.trim()
    .split(/\s+/) ?? []
