import { childNameOf, LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { badRequest } from "../../apis/errors.ts";
import type { Client } from "../../client/index.ts";
import { logDirectoryIn, type LogOptions, openLog } from "../../controllers/localprocess/index.ts";
import type { LogSource } from "../../server/index.ts";
import { mergeStreams } from "./merge-streams.ts";

/** The output of a LocalProcess, or of the build and the server of a LocalResource. */
export function logSourceOf(stateDirectory: string, client: () => Client): LogSource {
  const directory = logDirectoryIn(stateDirectory);

  const ofProcess = (process: KubeObject, options: LogOptions, signal: AbortSignal) => {
    const { namespace = "", name, uid = "" } = process.metadata;
    return openLog(directory, { namespace, name, uid }, options, signal);
  };

  async function* ofResource(resource: KubeObject, options: LogOptions, signal: AbortSignal) {
    const { namespace, name } = resource.metadata;
    const names = (["build", "serve"] as const).map((role) => childNameOf(name, role));
    const children = await Promise.all(
      names.map((each) => client().get(LocalProcess, { namespace, name: each })),
    );
    const streams = children.flatMap((child) => (child ? [ofProcess(child, options, signal)] : []));
    yield* mergeStreams(streams);
  }

  return ({ kind, object }, query, signal) => {
    const options = optionsOf(query);
    return kind.kind === LocalResource.kind
      ? ofResource(object, options, signal)
      : ofProcess(object, options, signal);
  };
}

/** The query of the `log` subresource, as `kubectl logs` sends it. */
function optionsOf(query: Readonly<Record<string, string>>): LogOptions {
  return {
    follow: flag(query, "follow"),
    previous: flag(query, "previous"),
    timestamps: flag(query, "timestamps"),
    tailLines: number(query, "tailLines"),
    sinceSeconds: number(query, "sinceSeconds"),
    limitBytes: number(query, "limitBytes"),
    run: number(query, "run"),
    ...(query["sinceTime"] !== undefined && { sinceTime: time(query["sinceTime"]) }),
  };
}

const flag = (query: Readonly<Record<string, string>>, name: string): boolean =>
  query[name] !== undefined && query[name] !== "false" && query[name] !== "0";

function number(query: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be a whole number`);
  return Number(text);
}

function time(text: string): string {
  if (Number.isNaN(Date.parse(text))) {
    throw badRequest(`sinceTime: Invalid value: ${JSON.stringify(text)}: must be an RFC 3339 time`);
  }
  return text;
}
