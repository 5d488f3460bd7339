import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { as, query } from './databases.ts'
import { openPlatform, type Platform } from './platform.ts'
import { Story } from './ranking/story.ts'

let platform: Platform

beforeAll(async () => {
  platform = await openPlatform()
  const story = await Story.begin(platform)
  await story.bout('2026-01-01', 'Ana', 'Bia')
  await story.names()
})
afterAll(() => platform?.close())

const denied = { code: '42501' }

/** Each statement must be refused for want of a right, not for anything else. */
async function expectDenied(url: string, statements: readonly string[]): Promise<void> {
  for (const statement of statements)
    await expect(query(url, statement), statement).rejects.toMatchObject({
      ...denied,
      message: expect.stringContaining('permission denied'),
    })
}

const roleOf = (url: string) => new URL(url).username

describe('the role of the query service', () => {
  test('cannot even connect to the write side', async () => {
    await expectDenied(as(platform.urls.ownerWrite, roleOf(platform.urls.query)), ['select 1'])
  })

  test('reads the live views, and nothing behind them', async () => {
    for (const view of ['rankings_v1', 'athletes_v1', 'divisions_v1', 'watermarks'])
      expect((await query(platform.urls.query, `select * from read_models.${view}`)).length).toBeGreaterThan(0)
    await expectDenied(platform.urls.query, [
      'select * from read_models.rankings_v1_g1',
      'select * from cornerman.store_watermarks',
      'select * from cornerman.store_generations',
    ])
  })

  test('changes nothing', async () => {
    await expectDenied(platform.urls.query, [
      `update read_models.rankings_v1 set points = 1000000`,
      `delete from read_models.rankings_v1`,
      `insert into read_models.divisions_v1 (division_id) values (gen_random_uuid())`,
      'truncate read_models.rankings_v1_g1',
      'create table read_models.mine (id int)',
      'create table public.mine (id int)',
      'create schema mine',
      'create temporary table mine (id int)',
    ])
  })
})

describe('the role of the command service', () => {
  test('cannot even connect to the read side', async () => {
    await expectDenied(as(platform.urls.ownerRead, roleOf(platform.urls.command)), ['select 1'])
  })

  test('neither deletes nor changes what has been told', async () => {
    await expectDenied(platform.urls.command, [
      'delete from tournament.matches',
      'delete from tournament.athletes',
      'delete from tournament.corrections',
      'update tournament.corrections set reason = null',
      'update tournament.published_places set place = 1',
      'update tournament.ranking_periods set ranking_date = now()',
      'update tournament.events set date = now()',
      'truncate tournament.matches',
      'update cornerman.outbox set payload = payload',
      'delete from cornerman.outbox',
      'truncate cornerman.outbox',
      'select * from cornerman.checkpoints',
      'create table tournament.mine (id int)',
      'create or replace view published.athletes as select 1',
      'create table public.mine (id int)',
      'create schema mine',
    ])
  })

  test('cannot call what projectors call', async () => {
    const functions = await query<{ call: string }>(
      platform.urls.ownerWrite,
      `select p.oid::regprocedure::text as call from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname = 'cornerman' and has_function_privilege($1, p.oid, 'execute')`,
      [roleOf(platform.urls.command)],
    )
    expect(functions.map(({ call }) => call).filter((call) => !call.includes('append'))).toEqual([])
  })
})

describe('the role of the projector', () => {
  test('sees what is published, and no table behind it', async () => {
    for (const view of ['athletes', 'divisions', 'bouts', 'bout_points', 'entries', 'standings', 'champions'])
      await query(platform.urls.projectorWrite, `select * from published.${view}`)
    const tables = await query<{ name: string }>(
      platform.urls.ownerWrite,
      `select 'tournament.' || table_name as name from information_schema.tables where table_schema = 'tournament'`,
    )
    expect(tables.length).toBeGreaterThan(5)
    await expectDenied(
      platform.urls.projectorWrite,
      tables.map(({ name }) => `select * from ${name}`),
    )
  })

  test('changes nothing on the write side but its own books', async () => {
    await expectDenied(platform.urls.projectorWrite, [
      `update published.athletes set name = 'x'`,
      `insert into tournament.ranking_periods (id, ranking_date) values ('${randomUUID()}', '2026-01-01')`,
      `update cornerman.outbox set payload = '{}'`,
      'truncate cornerman.outbox',
      'create table published.mine (id int)',
      'create table public.mine (id int)',
      'create schema mine',
    ])
  })

  test('has no say in who reads the read models', async () => {
    await expectDenied(platform.urls.projectorRead, [
      `insert into cornerman.store_readers (role) values ('public')`,
      'create schema mine',
      'create table public.mine (id int)',
    ])
  })
})

test('no role is more than a role that may log in', async () => {
  const roles = [platform.urls.command, platform.urls.query, platform.urls.projectorWrite].map(roleOf)
  const rows = await query(
    platform.urls.ownerWrite,
    `select rolname from pg_roles where rolname = any($1) and rolcanlogin and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)
       and not exists (select 1 from pg_auth_members where member = pg_roles.oid)`,
    [roles],
  )
  expect(rows).toHaveLength(3)
})
