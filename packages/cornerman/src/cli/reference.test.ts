import { expect, test } from 'vitest'
import { main } from './main.ts'

const commands = ['init', 'migrate', 'check', 'project', 'status', 'retry', 'refresh', 'outbox trigger', 'outbox prune']

const introduction = `# The command line

\`npx cornerman <command>\`. This page is what \`--help\` prints; \`npx vitest run --project unit reference -u\` writes it anew.

Exit codes: 0 done; 1 not done, or problems found; 2 not understood; 130 interrupted. Results go to standard output, everything else to standard
error. With \`--json\` the result is one JSON value, also when it is an error: \`{ "error": { "code", "message", "hint" } }\`
([errors](errors.md)).
`

/** What `cornerman <words> --help` prints. */
async function helpOf(...words: string[]): Promise<string> {
  let text = ''
  const stream = { write: (part: string) => (text += part) }
  const { signal } = new AbortController()
  const surroundings = { folder: import.meta.dirname, env: {}, streams: { out: stream, err: stream }, signal }
  expect(await main([...words, '--help'], surroundings)).toBe(0)
  return text.trimEnd()
}

/** The commands that a help lists. */
const listedIn = (help: string) =>
  [
    ...help
      .split('Commands:\n')[1]!
      .split('\n\n')[0]!
      .matchAll(/^ {2}(\w+)/gm),
  ].map(([, name]) => name!)

test('docs/reference/cli.md is what --help prints, of every command, each with examples and --json', async () => {
  const sections: string[] = []
  for (const command of commands) {
    const help = await helpOf(...command.split(' '))
    expect(help).toContain('Examples:\n')
    expect(help).toContain('--json')
    sections.push(`\n## ${command}\n\n\`\`\`\n${help}\n\`\`\`\n`)
  }
  await expect([introduction, ...sections].join('')).toMatchFileSnapshot('../../../../docs/reference/cli.md')
})

test('the page has every command', async () => {
  const top = listedIn(await helpOf()).filter((name) => !['help', 'outbox'].includes(name))
  const below = listedIn(await helpOf('outbox')).filter((name) => name !== 'help')
  expect([...top, ...below.map((name) => `outbox ${name}`)].sort()).toEqual([...commands].sort())
})
