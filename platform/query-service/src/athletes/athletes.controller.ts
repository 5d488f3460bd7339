import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type AthleteAnswer, athleteAnswer, type AthleteDocument } from '@platform/contracts'
import { id, notFound } from '@platform/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { flagOf } from '../flag.ts'
import { after, Answers, reply } from '../http/query.ts'
import { READ_MODELS, type ReadModels } from '../readModels.ts'

const query = z.strictObject({ after })

interface AthleteRow {
  document: AthleteDocument
  places: { divisionId: string; place: number | null; of: number }[]
}

@ApiTags('athletes')
@Controller('athletes')
export class AthletesController {
  constructor(@Inject(READ_MODELS) private readonly models: ReadModels) {}

  @Get(':id')
  @ApiOperation({ summary: 'An athlete: record, form, bouts, and the points explained bout by bout' })
  @Answers(athleteAnswer)
  async one(
    @Param('id', { schema: id }) athleteId: string,
    @Query({ schema: query }) asked: z.infer<typeof query>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) response: FastifyReply,
  ): Promise<AthleteAnswer | undefined> {
    const { athletes, rankings } = this.models
    const { rows, live, meta } = await athletes.answer<AthleteRow>(
      asked.after,
      `select a.document, (
         select coalesce(json_agg(json_build_object('divisionId', p.division_id, 'place', case when p.ranked then p.place end, 'of', p.of)), '[]')
         from (
           select division_id, athlete_id, ranked,
             row_number() over (partition by division_id, ranked order by champion desc, points desc, wins desc, last_win desc nulls last, athlete_id) as place,
             count(*) filter (where ranked) over (partition by division_id) as of
           from ${rankings.reader.view}
           where division_id in (select m.division_id from ${rankings.reader.view} as m where m.athlete_id = $1)
         ) as p where p.athlete_id = $1
       ) as places
       from ${athletes.reader.view} as a where a.athlete_id = $1`,
      [athleteId],
    )
    const row = rows[0]
    if (row === undefined) throw notFound('athlete', athleteId, 'id')
    return reply(request, response, live, {
      data: { id: athleteId, flag: flagOf(row.document.country), ...row.document, places: row.places },
      meta,
    })
  }
}
