import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from './app.ts'

let folder: string
let upstream: Server
let app: FastifyInstance
let url: string
let isStreamOpen = false

const big = JSON.stringify({ data: 'a'.repeat(5_000) })

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'web-page-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Rankings</title>')
  writeFileSync(join(folder, 'assets', 'index-abc.js'), `/* ${'a'.repeat(5_000)} */`)
  upstream = createServer((request, response) => {
    if (request.url === '/rankings/stream') {
      isStreamOpen = true
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' })
      response.write('event: freshness\ndata: {}\n\n')
      response.on('close', () => {
        isStreamOpen = false
      })
    } else if (request.url === '/divisions') response.writeHead(503).end('{}')
    else
      response.writeHead(200, { 'Content-Type': 'application/json', Link: '</rankings?cursor=a>; rel="next"' }).end(big)
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  app = await createApp({
    page: folder,
    queryUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    logger: pino({ level: 'silent' }),
  })
  url = await app.listen({ port: 0, host: '127.0.0.1' })
})

afterEach(async () => {
  await app.close()
  upstream.closeAllConnections()
  await new Promise((resolve) => upstream.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

describe('the page', () => {
  it('is asked for anew each time; its hashed files are kept for ever', async () => {
    const page = await fetch(url)
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('content-type')).toContain('text/html')
    const asset = await fetch(`${url}/assets/index-abc.js`)
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect((await fetch(`${url}/livez`)).status).toBe(200)
  })

  it('comes with a policy, and so does everything else, also what is not there', async () => {
    for (const path of ['/', '/assets/index-abc.js', '/api/rankings', '/nothing', '/livez']) {
      const { headers } = await fetch(url + path)
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'self'; base-uri 'none'/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it('does not leave its folder, and says so in a problem document', async () => {
    for (const path of [
      '/..%2f..%2fetc/passwd',
      '/assets/..%2f..%2f..%2fetc/passwd',
      '/assets/',
      '/%zz',
      '/api/athletes/..%2f..',
    ]) {
      const answer = await fetch(url + path)
      expect([400, 403, 404]).toContain(answer.status)
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
    }
  })
})

describe('the query service under /api', () => {
  it('is answered compressed, with links that lead back here', async () => {
    const answer = await app.inject({ url: '/api/rankings', headers: { 'accept-encoding': 'gzip' } })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(answer.rawPayload).toString()).toBe(big)
    expect(answer.headers['link']).toBe('</api/rankings?cursor=a>; rel="next"')
  })

  it('streams changes as they come, and lets go of the stream with its reader', async () => {
    const abort = new AbortController()
    const answer = await fetch(`${url}/api/rankings/stream`, { signal: abort.signal })
    expect(answer.headers.get('content-encoding')).toBeNull()
    const { value } = await answer.body!.getReader().read()
    expect(new TextDecoder().decode(value)).toBe('event: freshness\ndata: {}\n\n')
    expect(isStreamOpen).toBe(true)
    abort.abort()
    await expect.poll(() => isStreamOpen).toBe(false)
  })

  it('is asked once: whether to ask again is for the page to say', async () => {
    let asked = 0
    upstream.on('request', () => asked++)
    expect((await fetch(`${url}/api/divisions`)).status).toBe(503)
    expect(asked).toBe(1)
  })

  it('is told to be away by a problem document', async () => {
    upstream.closeAllConnections()
    await new Promise((resolve) => upstream.close(resolve))
    const answer = await fetch(`${url}/api/rankings`)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(await answer.json()).toMatchObject({ status: 503, code: 'QUERY_SERVICE_UNAVAILABLE', errors: [] })
  })

  it('can only be read, and only what the page reads', async () => {
    for (const [method, path] of [
      ['POST', '/api/rankings'],
      ['GET', '/api/docs'],
      ['GET', '/api/freshness'],
    ] as const) {
      const answer = await fetch(url + path, { method })
      expect(answer.status).toBe(404)
      expect(await answer.json()).toMatchObject({ code: 'NOT_FOUND' })
    }
  })
})
