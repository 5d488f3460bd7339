import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import {
  type RankingRow,
  type RankingsAnswer,
  rankingsAnswer,
  sexes,
  type SortField,
  sortFields,
} from '@platform/contracts'
import { Refusal } from '@platform/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { flagOf } from '../flag.ts'
import { fold } from '../fold.ts'
import { after, Answers, reply } from '../http/query.ts'
import { READ_MODELS, type ReadModels } from '../readModels.ts'
import type { Cursors } from './cursor.ts'
import { type RankingsRow, rankingsStatement, searchSort, type SortKey } from './rankingsQuery.ts'

export const CURSORS = Symbol('cursors')

const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true')
const text = z
  .string()
  .trim()
  .max(100, 'must have at most 100 characters')
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters')

const query = z.strictObject({
  q: text.optional().describe('Search: names, forgiving accents and typing errors'),
  division: text.optional().describe('Slug or id'),
  sex: z.enum(sexes).optional(),
  weightClass: text.optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code of two capital letters: BR')
    .optional(),
  finishes: z.coerce
    .number('must be a number')
    .int()
    .min(0)
    .max(1_000)
    .optional()
    .describe('At least so many finishes'),
  active: flag.optional().describe('Whether a bout of the last twelve months counts'),
  ranked: z
    .enum(['true', 'false', 'any'], 'must be true, false or any')
    .optional()
    .describe('Defaults to true; with q to any'),
  sort: z
    .string()
    .max(200)
    .optional()
    .describe(`Fields with commas between them, - before one turns it around: ${sortFields.join(', ')}`),
  limit: z.coerce.number('must be a number').int().min(1).max(100, 'must be at most 100').default(25),
  cursor: z.string().max(2_000).optional().describe('The next of the page before'),
  after,
})

@ApiTags('rankings')
@Controller('rankings')
export class RankingsController {
  constructor(
    @Inject(READ_MODELS) private readonly models: ReadModels,
    @Inject(CURSORS) private readonly cursors: Cursors,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The rankings: full text, filters, sorting and paging in one query' })
  @Answers(rankingsAnswer)
  async list(
    @Query({ schema: query }) asked: z.infer<typeof query>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) response: FastifyReply,
  ): Promise<RankingsAnswer | undefined> {
    const { q: _, limit, cursor, after: position, sort: order, ranked, ...filters } = asked
    // Of a search for an apostrophe nothing is left to look for.
    const words = fold(asked.q ?? '')
    const isSearch = words !== ''
    const filter = {
      ...filters,
      words,
      ranked: { true: true, false: false, any: undefined }[ranked ?? (isSearch ? 'any' : 'true')],
    }
    const sort =
      order === undefined
        ? isSearch
          ? searchSort
          : [{ field: 'place' as const, descending: false }]
        : parseSort(order)
    const fingerprint = JSON.stringify([filter, sort])
    const from = cursor === undefined ? undefined : this.cursors.decode(cursor, fingerprint)
    const { rankings, divisions } = this.models
    const statement = rankingsStatement(rankings.reader.view, divisions.reader.view, filter, sort, limit, from)
    const { rows, live, meta } = await rankings.answer<RankingsRow>(position, statement.text, statement.values)
    const page = rows.slice(0, limit)
    const next = rows.length > limit ? this.cursors.encode(page.at(-1)!.cursor, fingerprint) : null
    if (next !== null) void response.header('Link', `<${nextUrl(request, next)}>; rel="next"`)
    return reply(request, response, live, { data: page.map(rankingRowOf), page: { limit, next }, meta })
  }
}

function parseSort(order: string): SortKey[] {
  const keys = order
    .split(',')
    .map((part) => ({ field: part.trim().replace(/^-/, '') as SortField, descending: part.trim().startsWith('-') }))
  const unknown = keys.find(({ field }) => !sortFields.includes(field))
  if (unknown === undefined) return keys
  const message = `cannot sort by ${unknown.field || 'nothing'}: ${sortFields.join(', ')}`
  throw new Refusal(400, 'VALIDATION_FAILED', `sort: ${message}`, [{ path: 'sort', message }])
}

function nextUrl(request: FastifyRequest, next: string): string {
  const url = new URL(request.url, 'http://localhost')
  url.searchParams.set('cursor', next)
  url.searchParams.delete('after')
  return url.pathname + url.search
}

function rankingRowOf(row: RankingsRow): RankingRow {
  const { name, nickname, country, synthetic, division, record, form, previousPlace } = row.document
  return {
    place: row.place,
    movement: row.place === null || previousPlace === null ? null : row.place - previousPlace,
    athlete: { id: row.athlete_id, name, nickname, country, flag: flagOf(country), synthetic },
    division: {
      id: row.division_id,
      slug: division.slug,
      name: division.name,
      sex: division.sex,
      weightClass: division.weightClass,
    },
    champion: row.champion,
    points: row.points,
    wins: row.wins,
    lastWin: row.last_win,
    active: row.active,
    record,
    finishes: row.finishes,
    form,
  }
}
