/** A tutorial as a list of things to do, in their order. */
export type Step = FileStep | CommandStep

export interface FileStep {
  /** `edit` replaces the line of the file that begins as the text does. */
  readonly kind: 'file' | 'edit'
  /** Where it stands in the page. */
  readonly line: number
  readonly name: string
  readonly text: string
}

export interface CommandStep {
  readonly kind: 'command'
  readonly line: number
  /** What is typed; `^C` is the key. */
  readonly command: string
  /** What is printed; see `matches`. */
  readonly output: string
  /** A terminal of its own, in which the command goes on running. */
  readonly terminal: string | undefined
}

const fence = /^```(\w+)(?: (.*))?\n([^]*?)^```$/gm

/** Blocks with a file's name are files; `console` blocks are commands, each with what it prints; others are only read. */
export function stepsOf(page: string): Step[] {
  return [...page.matchAll(fence)].flatMap((block): Step[] => {
    const [, language, info = '', text = ''] = block
    const line = page.slice(0, block.index).split('\n').length
    if (language === 'console') return commandsOf(text, line, /^terminal=(\w+)$/.exec(info)?.[1])
    const [name = '', edit] = info.split(' ')
    return name === '' ? [] : [{ kind: edit === undefined ? 'file' : 'edit', line, name, text }]
  })
}

function commandsOf(text: string, line: number, terminal: string | undefined): CommandStep[] {
  return text.split(/^(?=\$ |\^C$)/m).map((part) => {
    const [typed = '', ...output] = part.split('\n')
    return { kind: 'command', line, command: typed.replace(/^\$ /, ''), output: output.join('\n').trim(), terminal }
  })
}

/** Whether that is printed which stands in the page: `…` is anything in a line; in a line by itself, any number of lines. */
export function matches(expected: string, actual: string): boolean {
  const pattern = expected.split('\n').map((line) => (line === '…' ? '(?:.*\\n)*?' : `${withGaps(line)}\\n`))
  return new RegExp(`^${pattern.join('')}$`).test(`${actual.replaceAll(/[ \t]+$/gm, '').trim()}\n`)
}

const withGaps = (line: string) => line.split('…').map(escaped).join('.*')
const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
