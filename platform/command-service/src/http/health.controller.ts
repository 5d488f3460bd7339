import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import { sql } from 'kysely'
import { DATABASE, type Database } from '../database/database.ts'

@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The process works; never a question of what it depends on. */
  @Get('livez')
  live() {
    return { status: 'ok' }
  }

  /** Commands can be carried out. */
  @Get('readyz')
  async ready() {
    try {
      await sql`select 1`.execute(this.db)
      return { status: 'ok' }
    } catch {
      throw new ServiceUnavailableException('the database does not answer')
    }
  }
}
