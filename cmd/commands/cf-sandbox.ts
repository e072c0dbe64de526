import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Sandbox } from "../../sandbox/index.ts";
import { failure, usageError } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import type { Invocation } from "../cli/types.ts";
import { lockDirectory } from "../directory-lock.ts";
import { portOf } from "../host/options.ts";
import { aborted, listenForEnd } from "../host/signals.ts";

const MAX_LATENCY_MS = 60_000;

/** `tiltish cf-sandbox`: a Cloud Foundry on this machine, to try things with, until it is told to end. */
export async function run({ options }: Invocation): Promise<number> {
  const latencyMs = latencyOf(options);
  const ending = listenForEnd();
  const place = await directoryFor(options);
  const release = await lockDirectory(place.directory, "--dir");
  try {
    await serve(options, { ...place, latencyMs, ending: ending.signal });
  } finally {
    await release();
  }
  if (place.isOurs) await rm(place.directory, { recursive: true, force: true });
  return ending.exitCode;
}

interface Place {
  readonly directory: string;
  readonly latencyMs: number;
  /** Aborted when it is to end. */
  readonly ending: AbortSignal;
}

async function serve(options: Options, { directory, latencyMs, ending }: Place): Promise<void> {
  const sandbox = await start(options, { directory: join(directory, "foundation"), latencyMs });
  const cfHome = join(directory, "cf-home");
  await sandbox.login(cfHome);
  const object = join(directory, "cfappsync.yaml");
  await writeUnlessThere(object, objectFor(cfHome));
  if (sandbox.isolation === "none") warnOfIsolation();
  outLine(greetingOf(sandbox, { cfHome, object, latencyMs }));
  await aborted(ending);
  await sandbox.close();
}

/** Somebody may have changed it since. */
async function writeUnlessThere(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function latencyOf(options: Options): number {
  const ms = options.integer("latency") ?? 0;
  if (ms < 0 || ms > MAX_LATENCY_MS)
    throw usageError(`--latency is 0 to ${MAX_LATENCY_MS} milliseconds, not ${ms}`);
  return ms;
}

/** A directory that nobody has named is removed at the end. */
async function directoryFor(options: Options): Promise<{ directory: string; isOurs: boolean }> {
  const named = options.text("dir");
  if (named === undefined) return { directory: await mkdtemp(join(tmpdir(), "tiltish-cf-")), isOurs: true };
  const directory = resolve(named);
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw usageError(`--dir ${named}: ${(error as Error).message}`);
  }
  return { directory, isOurs: false };
}

async function start(options: Options, more: { directory: string; latencyMs: number }): Promise<Sandbox> {
  const port = portOf(options);
  try {
    return await Sandbox.start({
      ...more,
      port,
      onLog: (app, { index, source, text }) => outLine(`${app}/${index} ${source}: ${text}`),
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure(code === "EADDRINUSE" ? `port ${port} is taken; give another --port, or none` : message);
  }
}

function warnOfIsolation(): void {
  say(
    "!! processes cannot have a /home/vcap of their own here (that takes Linux, and root or user namespaces): commands by ssh get the directory of their instance in its place, but ways of moving files that name /home/vcap will not work",
  );
}

interface Told {
  readonly cfHome: string;
  readonly object: string;
  readonly latencyMs: number;
}

const greetingOf = ({ url, ssh, org, space }: Sandbox, { cfHome, object, latencyMs }: Told): string =>
  `A Cloud Foundry, on loopback${latencyMs > 0 ? ` and ${latencyMs} ms away` : ""}: ${url}
  org ${org}, space ${space}, user admin, password admin
  ssh at ${ssh.host}:${ssh.port}, host key SHA256:${ssh.fingerprint}

Logged in already, for cf and for tiltish:
  export CF_HOME=${cfHome}
or: cf login -a ${url} --skip-ssl-validation -u admin -p admin

Keep an app in step with a directory (change appName and localPath first):
  tiltish apply -f ${object}

Ctrl-C ends it, with everything that runs in it.`;

const objectFor = (cfHome: string): string => `apiVersion: tiltish.dev/v1alpha1
kind: CFAppSync
metadata:
  name: hello
spec:
  appName: hello
  # Relative to the root of the project. It needs a Procfile, or a package.json with a start script.
  localPath: .
  cfHome: ${JSON.stringify(cfHome)}
`;
