import type { PlatformEvent } from '@platform/contracts'
import { defineProjection, sql } from 'cornerman'
import { postgres } from 'cornerman/postgres'

export const divisions = defineProjection<PlatformEvent>({
  name: 'divisions',
  version: 1,
  key: { division_id: 'uuid' },
  on: { DivisionCreated: (e) => [[e.divisionId]], DivisionRenamed: (e) => [[e.divisionId]] },
  keys: sql`select id as division_id from published.divisions`,
  document: sql`
    select k.division_id, jsonb_build_object('id', d.id, 'slug', d.slug, 'name', d.name, 'sex', d.sex, 'weightClass', d.weight_class,
      'limitLbs', d.limit_lbs, 'ranked', d.ranked, 'order', d.display_order) as document
    from keys k join published.divisions d on d.id = k.division_id`,
  store: postgres(),
  freshness: { sla: '30s' },
})
