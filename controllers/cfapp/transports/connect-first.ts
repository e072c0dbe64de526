import { ConnectError, type InstanceRef, type Link, type Transport } from "./transport.ts";

/** A connection, and how it was come by. */
export interface Connected {
  readonly link: Link;
  readonly transport: Transport;
  /** The ways that were tried before, and what the container lacks for them. */
  readonly passedOver: readonly { readonly name: Transport["name"]; readonly message: string }[];
}

/**
 * Connects in the first of several ways that a container has what it takes for. Whatever else goes wrong is not tried
 * in another way: it would go wrong there too.
 *
 * @throws ConnectError; `NotSupported` with the reasons of all if there is no way.
 */
export async function connectFirst(
  transports: readonly Transport[],
  instance: InstanceRef,
  signal?: AbortSignal,
): Promise<Connected> {
  const passedOver: { name: Transport["name"]; message: string }[] = [];
  for (const transport of transports) {
    try {
      return { link: await transport.connect(instance, signal), transport, passedOver };
    } catch (error) {
      if (!(error instanceof ConnectError) || error.reason !== "NotSupported") throw error;
      passedOver.push({ name: transport.name, message: error.message });
    }
  }
  const why = passedOver.map(({ name, message }) => `${name}: ${message}`).join("; ");
  throw new ConnectError("NotSupported", `no way to move files works here: ${why}`);
}
