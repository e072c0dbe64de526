import { CliError, EXIT } from "../cli/errors.ts";
import { out, outLine } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import type { Invocation } from "../cli/types.ts";
import { ConnectionError } from "../../client/http/index.ts";
import { connect } from "../connect/session.ts";
import { toYaml } from "../print/yaml.ts";

interface Versions {
  client: { version: string; node: string; platform: string };
  server?: { gitVersion?: string };
}

/** `tiltish version`. That no server runs is nothing to complain about here. */
export async function run({ options }: Invocation): Promise<void> {
  const client = {
    version: process.env["TILTISH_VERSION"] ?? "dev",
    node: process.version,
    platform: `${process.platform}/${process.arch}`,
  };
  const server = options.flag("client") ? undefined : await serverVersion(options);
  const versions: Versions = { client, ...(server && { server }) };
  const format = options.text("output");
  if (format === "json") return outLine(JSON.stringify(versions, undefined, 2));
  if (format === "yaml") return out(await toYaml(versions));
  outLine(`Client Version: ${client.version} (Node ${client.node}, ${client.platform})`);
  if (!options.flag("client")) outLine(`Server Version: ${server?.gitVersion ?? "none runs here"}`);
}

async function serverVersion(options: Options): Promise<Versions["server"]> {
  try {
    const session = await connect(options);
    return await session.json<Versions["server"]>("/version");
  } catch (error) {
    const isAbsent = error instanceof CliError && error.exitCode === EXIT.noSession;
    if (isAbsent || error instanceof ConnectionError) return undefined;
    throw error;
  }
}
