import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type DivisionDocument, type DivisionsAnswer, divisionsAnswer } from '@platform/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { after, Answers, reply } from '../http/query.ts'
import { READ_MODELS, type ReadModels } from '../readModels.ts'

const query = z.strictObject({ after })

interface DivisionRow {
  document: DivisionDocument
  athletes: number
  countries: string[]
}

@ApiTags('divisions')
@Controller('divisions')
export class DivisionsController {
  constructor(@Inject(READ_MODELS) private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({ summary: 'The divisions in the order of their tabs, with the number of ranked athletes' })
  @Answers(divisionsAnswer)
  async list(
    @Query({ schema: query }) asked: z.infer<typeof query>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) response: FastifyReply,
  ): Promise<DivisionsAnswer | undefined> {
    const { divisions, rankings } = this.models
    const { rows, live, meta } = await divisions.answer<DivisionRow>(
      asked.after,
      `select d.document, coalesce(r.athletes, 0)::int as athletes, coalesce(r.countries, '{}') as countries
       from ${divisions.reader.view} as d
       left join (
         select division_id, count(*) as athletes, array_agg(distinct country order by country) filter (where country is not null) as countries
         from ${rankings.reader.view} where ranked group by division_id
       ) as r using (division_id)
       order by (d.document ->> 'order')::int, d.document ->> 'slug'`,
      [],
    )
    return reply(request, response, live, {
      data: rows.map(({ document, athletes, countries }) => ({ ...document, athletes, countries })),
      meta,
    })
  }
}
