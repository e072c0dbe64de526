import { createServer } from "node:net";
import type { LocalProcessSpec } from "../../apis/v1alpha1/index.ts";
import { PortClaims } from "./os/port-claims.ts";

type Ports = Record<string, number>;

/**
 * Chooses ports for `port: 0`, never the same for two objects on this machine, whoever runs them, and the same again
 * for the same object.
 */
export class PortAllocator {
  readonly #chosen = new Map<number, string>();
  readonly #claims: PortClaims;

  constructor(claims = new PortClaims()) {
    this.#claims = claims;
  }

  /** @param before - The numbers of its last run, by name. */
  async allocate(uid: string, ports: LocalProcessSpec["ports"], before: Ports = {}): Promise<Ports> {
    this.release(uid);
    const result: Ports = {};
    for (const { name, port } of ports ?? []) {
      result[name] = port === 0 ? await this.#choose(uid, before[name]) : port;
    }
    return result;
  }

  release(uid: string): void {
    for (const [port, owner] of this.#chosen) {
      if (owner !== uid) continue;
      this.#chosen.delete(port);
      this.#claims.release(port);
    }
  }

  async #choose(uid: string, wanted = 0): Promise<number> {
    let port = await freePort(this.#chosen.has(wanted) ? 0 : wanted);
    while (this.#chosen.has(port) || !this.#claims.take(port)) port = await freePort(0);
    this.#chosen.set(port, uid);
    return port;
  }
}

/** `wanted` if it is free, else any that is. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => (wanted === 0 ? reject(error) : resolve(freePort(0))));
    // All addresses, for the process will likely listen on all.
    server.listen({ port: wanted, exclusive: true }, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
