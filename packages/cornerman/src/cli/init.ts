import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CornermanError } from '../errors.ts'
import { configFiles } from '../loadConfig.ts'
import { type CommandOf, type CommonOptions, type Context, outputOf, withPrimary } from './context.ts'
import { configFile, exampleTable, projectionFile, variableOf } from './initTemplates.ts'
import { examples, jsonOption } from './options.ts'
import { readTable, type TableShape } from './tableShape.ts'

interface InitOptions extends CommonOptions {
  table?: string
  force?: boolean
}

export const initCommand: CommandOf = (program, context) => {
  jsonOption(program.command('init'))
    .summary('write a first configuration and a first projection')
    .description(
      'Write a first configuration and a first projection into this folder. With --table the projection is made for a table of the database, ready to run.',
    )
    .option('--table <table>', 'a table of DATABASE_URL that the projection reads: schema.table')
    .option('--force', 'write over files that are there')
    .addHelpText('after', examples('cornerman init', 'cornerman init --table public.orders'))
    .action((options: InitOptions) => run(context, options))
}

async function run(context: Context, options: InitOptions): Promise<void> {
  const { folder } = context
  const output = outputOf(context, options)
  const shape = options.table === undefined ? exampleTable : await tableShape(context, options.table)
  const extension = moduleExtension(folder)
  const projection = `projections/${shape.name}.${extension}`
  const files: Record<string, string> = {
    [`cornerman.config.${extension}`]: configFile(variableOf(shape), projection),
    [projection]: projectionFile(shape),
  }
  if (options.force !== true) refuseExisting(folder, [...configFiles, projection])
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
    output.line(`wrote ${file}`)
  }
  const next = nextSteps(context, options.table, projection)
  output.line(`\nNext:\n${next.map((step, i) => `  ${i + 1}. ${step}`).join('\n')}`)
  output.result({ wrote: Object.keys(files), next })
}

const tableShape = (context: Context, table: string): Promise<TableShape> =>
  withPrimary(context, (connection) => readTable(connection, table), { migrated: false })

function refuseExisting(folder: string, files: readonly string[]): void {
  const existing = files.filter((file) => existsSync(join(folder, file)))
  if (existing.length === 0) return
  throw new CornermanError('FILE_EXISTS', `there is ${existing.join(' and ')} already: nothing was written`, {
    hint: 'add further projections to it by hand, or write over it: cornerman init --force',
  })
}

/** Node takes a `.ts` file for an ES module only where package.json says so; a `.mts` file always. */
function moduleExtension(folder: string): 'ts' | 'mts' {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const file = join(at, 'package.json')
    if (existsSync(file)) return isModule(file) ? 'ts' : 'mts'
    if (at === dirname(at)) return 'mts'
  }
}

function isModule(packageFile: string): boolean {
  try {
    return (JSON.parse(readFileSync(packageFile, 'utf8')) as { type?: string }).type === 'module'
  } catch {
    return false
  }
}

function nextSteps({ env }: Context, table: string | undefined, projection: string): string[] {
  const variables = ['DATABASE_URL', 'READ_DATABASE_URL'].filter((name) => (env[name] ?? '') === '')
  return [
    ...(variables.length === 0 ? [] : [`set ${variables.join(' and ')}, in the environment or in .env`]),
    ...(table === undefined ? [`make ${projection} fit a table of yours`] : []),
    'npx cornerman migrate',
    ...(table === undefined ? [] : [`npx cornerman outbox trigger ${quoted(table)} --apply`]),
    'npx cornerman check',
    'npx cornerman project',
  ]
}

const quoted = (argument: string) => (/^[\w.]+$/.test(argument) ? argument : `'${argument}'`)
