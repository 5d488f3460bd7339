import { Body, Controller, Inject, Param, Patch, Post, Req, Res } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { sexes } from '@platform/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { DATABASE, type Database } from '../database/database.ts'
import { accepted, Command, created } from '../http/command.ts'
import { runCommand } from '../http/idempotency.ts'
import { id, line } from '@platform/http'
import { createDivisions, renameDivision } from './divisionCommands.ts'

const newDivision = z
  .strictObject({
    slug: z
      .string()
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower case words with hyphens: womens-strawweight')
      .max(60),
    name: line(100),
    sex: z.enum(sexes),
    weightClass: line(60),
    limitLbs: z.number().positive().max(2_000).multipleOf(0.1, 'must have one decimal at most').nullable().optional(),
    ranked: z.boolean().default(true).describe('Bouts of other divisions are on the record and in no ranking'),
    order: z.int().min(0).max(100_000).optional().describe('Place among the tabs'),
  })
  .meta({ id: 'NewDivision' })

const rename = z.strictObject({ name: line(100) }).meta({ id: 'DivisionChange' })

@ApiTags('divisions')
@Controller('divisions')
export class DivisionsController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  @Post()
  @ApiOperation({ summary: 'Create a division: sex × weight class' })
  @Command(created)
  create(
    @Body({ schema: newDivision }) body: z.infer<typeof newDivision>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return runCommand(this.db, { request, reply }, async (trx) => {
      const { ids, position } = await createDivisions(trx, [body])
      return { ok: true as const, id: ids[0]!, position }
    })
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Rename a division' })
  @Command(accepted, 200)
  rename(
    @Param('id', { schema: id }) divisionId: string,
    @Body({ schema: rename }) body: z.infer<typeof rename>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return runCommand(this.db, { request, reply }, async (trx) => ({
      ok: true as const,
      ...(await renameDivision(trx, divisionId, body.name)),
    }))
  }
}
