import { PassThrough } from "node:stream";
import { FastPushTransport } from "../../../../controllers/cfapp/transports/fastpush/index.ts";
import type { Transport } from "../../../../controllers/cfapp/transports/transport.ts";
import { readConfig, startController } from "../../../../fastpush/index.ts";
import type { World } from "./fixture.ts";

/** Moves files by a fast-push controller of ours, which runs before an app that does nothing. */
export async function fastPush(world: World): Promise<Transport> {
  const [root, env] = [world.app, containerOf(world)];
  const flags = new Map(Object.entries({ bind_address: "127.0.0.1", port: "0", backend_port: "0" }));
  const config = readConfig({ root, env: { HOME: world.home }, flags, command: ["sleep", "1000"] });
  const sink = new PassThrough().resume();
  const controller = await startController({
    config,
    root,
    env,
    log: () => undefined,
    stdout: sink,
    stderr: sink,
  });
  const transport = new FastPushTransport({
    url: `http://127.0.0.1:${controller.port}`,
    basePath: "/_fastpush",
    skipVerify: false,
    extensions: "Auto",
  });
  const close = () => {
    transport.close();
    void controller.close();
  };
  return { name: transport.name, connect: (ref, signal) => transport.connect(ref, signal), close };
}

const containerOf = ({ rig, ref }: World): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  CF_INSTANCE_GUID: rig.app.instances[0]!.guid,
  VCAP_APPLICATION: JSON.stringify({ application_id: ref.appGuid }),
});
