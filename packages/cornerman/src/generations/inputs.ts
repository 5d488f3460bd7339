import type { Connection, Pool } from '../database.ts'
import type pg from 'pg'
import type { Projection } from '../projection.ts'
import { documentStatement } from '../projector/compile.ts'

/** The views that a projection's queries rest on, each with a fingerprint of its columns, their types and its definition. */
export type Inputs = Readonly<Record<string, string>>

/**
 * What lies under the keys and the document query, as it is now. Asked of the parser: the queries become a temporary view,
 * whose dependencies PostgreSQL notes; then the views below are followed.
 */
export async function readInputs(client: Connection | pg.PoolClient, projection: Projection): Promise<Inputs> {
  // A migration that has locked a table below must not hold up a projector's start.
  await client.query(`begin; set local lock_timeout = '2s'`)
  try {
    await client.query(`create temporary view cornerman_inputs as ${viewStatement(projection)}`)
    const { rows } = await client.query<{ name: string; facts: string }>(inputsStatement)
    return Object.fromEntries(rows.map(({ name, facts }) => [name, facts]))
  } finally {
    await client.query('rollback')
  }
}

/** The same on a connection of the pool. */
export async function readInputsOn(pool: Pool, projection: Projection): Promise<Inputs> {
  const client = await pool.connect()
  try {
    return await readInputs(client, projection)
  } finally {
    client.release()
  }
}

/** The document statement with arrays of nothing in place of its parameters: what a view can be made of. */
export function viewStatement(projection: Projection): string {
  return documentStatement(projection).replace(/\$(\d+)::/g, `'{}'::`)
}

const inputsStatement = `
with recursive below(oid) as (
  select distinct d.refobjid from pg_rewrite r join pg_depend d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass
  where r.ev_class = 'cornerman_inputs'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
  union
  select d.refobjid from below b join pg_rewrite r on r.ev_class = b.oid
  join pg_depend d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass
  where d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
)
select n.nspname || '.' || c.relname as name, md5(
    (select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
    || pg_get_viewdef(c.oid)) as facts
from below join pg_class c using (oid) join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('v', 'm')
order by 1`
