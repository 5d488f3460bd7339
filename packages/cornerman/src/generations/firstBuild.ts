import { inTransaction, type Pool } from '../database.ts'
import { CornermanError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { requestRefresh } from '../projector/fanOut.ts'
import { definitionHash, type Projection, titleOf } from '../projection.ts'
import type { ReadStore, StoreDeclaration } from '../readStore.ts'
import { addGeneration, type Generation, nextNumber, noteLive, noteState, readGenerations } from './catalog.ts'
import { readInputsOn } from './inputs.ts'

export interface BuildOptions {
  readonly pool: Pool
  readonly store: ReadStore
  readonly logger: Logger
  readonly versions: readonly { projection: Projection; declaration: StoreDeclaration }[]
}

/**
 * Brings catalog, store and code together at the start of a session:
 * - a version in the catalog that the code lacks: this process cannot feed it, and says so;
 * - a generation that the store has lost is given up;
 * - what the store says is live is live;
 * - a version without a generation gets its first one: marked `building` before its keys are refreshed, so that each commit
 *   is either in the refresh or in a batch that writes to it; it goes live once it is built.
 */
export async function ensureGenerations(name: string, options: BuildOptions): Promise<Generation[]> {
  const { pool, store, versions } = options
  const listed = await readGenerations(pool, name, store.kind)
  refuseUnknownVersions(
    name,
    listed,
    versions.map(({ projection }) => projection.version),
  )
  for (const generation of listed) await reconcile(name, generation, options)
  const present = await readGenerations(pool, name, store.kind)
  for (const version of versions) {
    if (!present.some((each) => each.version === version.projection.version)) await beginFirst(version, options)
  }
  return readGenerations(pool, name, store.kind)
}

export function refuseUnknownVersions(
  name: string,
  generations: readonly Generation[],
  known: readonly number[],
): void {
  const unknown = generations.filter((each) => !known.includes(each.version))
  if (unknown.length === 0) return
  throw new CornermanError(
    'GENERATION_UNKNOWN_VERSION',
    `${name} has a generation of version ${unknown.map((each) => each.version).join(', ')}, which this code does not have`,
    {
      hint: 'this process stands by: deploy code that has that version beside its own, everywhere; or retire that version when no reader is left on it',
    },
  )
}

async function reconcile(name: string, generation: Generation, { pool, store, logger }: BuildOptions): Promise<void> {
  const { version, number } = generation
  const id = { projection: name, store: store.kind, version, number }
  if (!(await store.hasGeneration({ projection: name, version, number }))) {
    logger.warn({ ...id }, 'the read store has lost a generation')
    await noteState(pool, id, 'dropped')
    return
  }
  if (generation.state !== 'live' && (await store.liveGeneration(name, version)) === number) await noteLive(pool, id)
}

async function beginFirst(
  { projection, declaration }: BuildOptions['versions'][number],
  { pool, store, logger }: BuildOptions,
): Promise<void> {
  const of = { projection: projection.name, store: store.kind }
  const number = await nextNumber(pool, of.projection, of.store, projection.version)
  logger.info(
    { ...of, version: projection.version, generation: number },
    `building the first generation of ${titleOf(projection)}`,
  )
  await store.createGeneration(
    { projection: projection.name, version: projection.version, number },
    { key: projection.key, shape: declaration.shape },
  )
  const facts = {
    definitionHash: definitionHash(projection, declaration),
    inputs: await readInputsOn(pool, projection),
    promoteWhenBuilt: true,
  }
  await inTransaction(pool, async (client) => {
    await addGeneration(client, { ...of, version: projection.version, number }, facts)
    await requestRefresh(client, { ...of, versions: [projection.version] }, { reason: 'first build' })
  })
}
