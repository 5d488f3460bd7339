import { createServer, type Server } from 'node:net'

export interface Ports {
  postgres: number
  command: number
  query: number
  web: number
}

export const usualPorts: Ports = { postgres: 54_329, command: 3001, query: 3002, web: 3000 }

// Below the range from which systems take the ports of outgoing connections: a service that is started again finds its own free.
const firstPort = 20_000
const lastPort = 29_999

/** The wanted ports; a busy one, and 0, is replaced by a free one. All are held until all are chosen: no two are the same. */
export async function choosePorts(wanted: Partial<Ports> = {}): Promise<Ports> {
  const ports = { ...usualPorts, ...wanted }
  const held: Server[] = []
  try {
    for (const name of Object.keys(ports) as (keyof Ports)[]) {
      const server = (ports[name] === 0 ? undefined : await hold(ports[name])) ?? (await holdAny())
      held.push(server)
      ports[name] = (server.address() as { port: number }).port
    }
    return ports
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

async function holdAny(): Promise<Server> {
  for (;;) {
    const server = await hold(firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1)))
    if (server !== undefined) return server
  }
}

/** A server on the port, or nothing if the port is busy. */
function hold(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined)).listen(port, '127.0.0.1', () => resolve(server))
  })
}
