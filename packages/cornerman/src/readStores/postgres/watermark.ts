import type { Pool } from '../../database.ts'
import type { StoredWatermark, Watermark } from '../../freshness/watermark.ts'
import type { GenerationRef } from '../../readStore.ts'

/** A row of `store_watermarks`, or of the readers' view over it. */
export interface WatermarkRow {
  source: string
  revision: number
  position: number
  row_id: string | null
  gaps: [number, number][]
  at_ms: number
  content_position: number
  staleness_ms: number
  parked_keys: number
  parked_from: number | null
  sla_ms: number
  lost: string | null
}

export function watermarkOf(row: WatermarkRow): StoredWatermark {
  return {
    source: row.source,
    revision: row.revision,
    position: row.position,
    rowId: row.row_id,
    gaps: row.gaps.map(([from, to]) => ({ from, to })),
    atMs: row.at_ms,
    contentPosition: row.content_position,
    stalenessMs: row.staleness_ms,
    parkedKeys: row.parked_keys,
    parkedFrom: row.parked_from,
    slaMs: row.sla_ms,
    lost: row.lost,
  }
}

export async function readWatermarks(
  pool: Pool,
  { projection, version, number }: GenerationRef,
): Promise<StoredWatermark[]> {
  const { rows } = await pool.query<WatermarkRow>(
    'select * from cornerman.store_watermarks where projection = $1 and version = $2 and number = $3 order by source',
    [projection, version, number],
  )
  return rows.map(watermarkOf)
}

const columns = 'position, row_id, gaps, at_ms, content_position, staleness_ms, parked_keys, parked_from, sla_ms, lost'

const insertFirst = `
insert into cornerman.store_watermarks (projection, version, number, source, revision, ${columns})
select $1, $2, $3, $4, $5::bigint + 1, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
where $5 = 0 and exists (select 1 from cornerman.store_generations where projection = $1 and version = $2 and number = $3)
on conflict do nothing`

const replace = `
update cornerman.store_watermarks set revision = $5::bigint + 1, (${columns}) = row($6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
where projection = $1 and version = $2 and number = $3 and source = $4 and revision = $5`

export async function writeWatermark(
  pool: Pool,
  { projection, version, number }: GenerationRef,
  watermark: Watermark,
  expected: number,
): Promise<'written' | 'conflict'> {
  const { rowCount } = await pool.query(expected === 0 ? insertFirst : replace, [
    projection,
    version,
    number,
    watermark.source,
    expected,
    watermark.position,
    watermark.rowId,
    JSON.stringify(watermark.gaps.map((range) => [range.from, range.to])),
    watermark.atMs,
    watermark.contentPosition,
    watermark.stalenessMs,
    watermark.parkedKeys,
    watermark.parkedFrom,
    watermark.slaMs,
    watermark.lost,
  ])
  return rowCount === 1 ? 'written' : 'conflict'
}
