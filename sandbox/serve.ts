import { newCertificate } from "./certificate.ts";
import type { Breakable } from "./faults.ts";
import { Foundation, type Platform } from "./foundation/index.ts";
import { SshProxy } from "./ssh/index.ts";
import { Wire } from "./wire/index.ts";

/** What answers for a platform. */
export interface Servers extends Breakable {
  readonly foundation: Foundation;
  /** Certificate of the API. */
  readonly ca: string;
}

/** @param port Of the API; 0 for any. @throws what the system says of it. */
export async function serve(platform: Platform, port = 0): Promise<Servers> {
  const { cert, key } = await newCertificate();
  const ssh = await SshProxy.start({
    redeem: (code) => platform.uaa.redeem(code),
    enter: (guid, index) => platform.enter(guid, index),
  });
  const sshWire = await Wire.open(ssh.port);
  const addresses = () => ({
    url: platform.url,
    ssh: `127.0.0.1:${sshWire.port}`,
    fingerprint: ssh.fingerprint,
  });
  const foundation = await Foundation.start({ platform, cert, key, addresses });
  try {
    const http = await Wire.open(foundation.port, port);
    platform.domain = `127.0.0.1:${http.port}`;
    return { platform, foundation, ssh, ca: cert, wires: { http, ssh: sshWire } };
  } catch (error) {
    await Promise.all([sshWire.close(), foundation.close(), ssh.close()]);
    throw error;
  }
}

export async function endServers({ foundation, ssh, wires }: Servers): Promise<void> {
  await Promise.all([wires.http.close(), wires.ssh.close()]);
  await Promise.all([foundation.close(), ssh.close()]);
}
