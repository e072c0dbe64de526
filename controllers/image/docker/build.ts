import type { Readable } from "node:stream";
import type { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { ImageResult } from "../../runtime/index.ts";
import { UnsettledError } from "../../sync/index.ts";
import { archiveOf } from "../archive.ts";
import { openSession, type Session } from "../buildkit/session.ts";
import { BuildKitProgress, type Stage } from "../buildkit/stages.ts";
import { buildStatusOf } from "../buildkit/status.ts";
import { type Environment, readDockerConfig } from "../engine/config.ts";
import { credentialsFor, hasLogins, registryOf } from "../engine/credentials.ts";
import { type Engine, EngineError, unreachable } from "../engine/engine.ts";
import { errorIn, jsonLines } from "../engine/lines.ts";
import { isUnauthorized } from "../engine/push.ts";
import { ImageFailure } from "../failure.ts";
import { Tail } from "../tail.ts";
import { ClassicProgress } from "./classic.ts";
import { type Context, unreadable } from "./context.ts";
import { directoriesOf, itemsOf, itemsWithoutDockerfile } from "./items.ts";
import { offersOf } from "./offers.ts";

type Spec = DockerImage["spec"];

export interface BuildOptions {
  engine: Engine;
  spec: Spec;
  context: Context;
  images: readonly ImageResult[];
  root: string;
  env: Environment;
  signal: AbortSignal;
  log: (text: string | Buffer) => void;
  onStages: (stages: Stage[]) => void;
}

/** Has the engine build an image. @returns its id. @throws ImageFailure, UnsettledError */
export async function buildImage(options: BuildOptions): Promise<string> {
  const { engine, spec, env, root, context } = options;
  const hasBuildKit = await usesBuildKit(engine, env, options.signal);
  const offers = await offersOf(spec, root, env);
  const asks = offers.secrets.size + offers.agents.size > 0;
  if (asks && !hasBuildKit) throw needsBuildKit(engine);
  // What is wrong with what we send is not the engine's fault, which would wait for the rest of it.
  const sending = new AbortController();
  const onError = (error: unknown): void => sending.abort(error);
  const signal = AbortSignal.any([options.signal, sending.signal]);
  // A Dockerfile that is sent with the files of the context is one of them.
  const isInline = spec.dockerfileContents !== undefined;
  const isApart = hasBuildKit && isInline;
  const files = isApart ? { directories: directoriesOf(context), onError } : undefined;
  const isToAsk = hasBuildKit && (isApart || asks || hasLogins(await readDockerConfig(env)));
  const session = isToAsk ? await openSession(engine, { ...offers, files }, signal) : undefined;
  const body = isApart
    ? undefined
    : archiveOf((isInline ? itemsWithoutDockerfile : itemsOf)(context)).once("error", onError);
  try {
    return await runBuild({ ...options, signal }, { hasBuildKit, session, body });
  } catch (error) {
    if (sending.signal.aborted) throw notSent(context, sending.signal.reason);
    throw error;
  } finally {
    body?.destroy();
    session?.close();
  }
}

const notSent = ({ directory }: Context, error: unknown): unknown =>
  error instanceof UnsettledError ? error : unreadable(directory, error);

/** It came with version 1.39 of the API, and not to Windows. `DOCKER_BUILDKIT=0` asks for the classic builder. */
async function usesBuildKit(engine: Engine, env: Environment, signal: AbortSignal): Promise<boolean> {
  const { apiVersion, os } = await engine.ping(signal);
  const [major = 0, minor = 0] = apiVersion.split(".").map(Number);
  return os !== "windows" && (major > 1 || minor >= 39) && env["DOCKER_BUILDKIT"] !== "0";
}

const needsBuildKit = ({ endpoint }: Engine): ImageFailure =>
  new ImageFailure({
    reason: "BuildFailed",
    message: `spec.secrets and spec.ssh need BuildKit, which the engine at ${endpoint.url} does not use; unset DOCKER_BUILDKIT, or take a newer engine`,
  });

interface Manner {
  hasBuildKit: boolean;
  session: Session | undefined;
  /** The context and the Dockerfile; without it, BuildKit asks for them through the session. */
  body: Readable | undefined;
}

async function runBuild(options: BuildOptions, manner: Manner): Promise<string> {
  const { engine, context, spec, env, signal } = options;
  const { body } = manner;
  const registries = manner.hasBuildKit ? {} : await loginsFor(context.dockerfile.text, env, signal);
  try {
    const stream = await engine.stream({
      method: "POST",
      path: "/build",
      query: queryOf(spec, options, manner),
      headers: {
        "Content-Type": "application/x-tar",
        "X-Registry-Config": Buffer.from(JSON.stringify(registries)).toString("base64"),
      },
      ...(body && { body }),
      signal,
    });
    return await follow(stream, options);
  } catch (error) {
    if (error instanceof EngineError) throw buildFailure(error.message, new Tail());
    throw error instanceof ImageFailure ? error : unreachable(engine.endpoint, error);
  }
}

function queryOf(spec: Spec, { context, images }: BuildOptions, manner: Manner): Record<string, unknown> {
  return {
    version: manner.hasBuildKit ? "2" : "1",
    dockerfile: context.dockerfile.path,
    rm: "1",
    forcerm: "1",
    buildargs: JSON.stringify({ ...spec.args, ...basesFor(context.dockerfile.text, images) }),
    ...(spec.target && { target: spec.target }),
    ...(spec.platform && { platform: spec.platform }),
    ...(spec.network && { networkmode: spec.network }),
    ...(spec.pull && { pull: "1" }),
    ...(spec.cacheFrom && { cachefrom: JSON.stringify(spec.cacheFrom) }),
    ...(spec.extraHosts && { extrahosts: spec.extraHosts }),
    ...(manner.session && { session: manner.session.id }),
    ...(!manner.body && { remote: "client-session" }),
  };
}

/** A Dockerfile that declares the variable of an image gets it as a build argument. */
const basesFor = (text: string, images: readonly ImageResult[]): Record<string, string> =>
  Object.fromEntries(
    images
      .filter(({ env }) => new RegExp(`^\\s*ARG\\s+${env}\\b`, "im").test(text))
      .map(({ env, local }) => [env, local]),
  );

/** The classic builder asks nobody: it is told the logins of the registries that the Dockerfile names. */
async function loginsFor(
  text: string,
  env: Environment,
  signal: AbortSignal,
): Promise<Record<string, object>> {
  const names = [...text.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)/gim)].map(([, name]) => registryOf(name!));
  const logins = await Promise.all(
    [...new Set(names)].map((registry) => credentialsFor(registry, env, { signal })),
  );
  return Object.fromEntries(logins.flatMap((login) => (login ? [[login.serveraddress, login]] : [])));
}

async function follow(stream: AsyncIterable<Uint8Array>, { log, onStages }: BuildOptions): Promise<string> {
  const tail = new Tail();
  const write = (text: string | Buffer): void => {
    log(text);
    tail.push(text);
  };
  const [modern, classic] = [new BuildKitProgress(write), new ClassicProgress(write)];
  const stages = () => [...modern.stages, ...classic.stages];
  let id: string | undefined;
  for await (const line of jsonLines(stream)) {
    const { id: kind, aux, stream: text } = line as { id?: string; aux?: unknown; stream?: string };
    if (kind === "moby.buildkit.trace") modern.take(buildStatusOf(Buffer.from(String(aux), "base64")));
    else if (text !== undefined) classic.take(text);
    else id = (aux as { ID?: string } | undefined)?.ID ?? id;
    const error = errorIn(line);
    if (error !== undefined) classic.finish(error);
    onStages(stages());
    if (error !== undefined) throw buildFailure(error, tail);
  }
  classic.finish();
  onStages(stages());
  if (id !== undefined) return id;
  throw new ImageFailure({
    reason: "BuildFailed",
    message: "the engine ended the build without a result; see its log",
    isTransient: true,
  });
}

/** Of a step that has failed, and not of an image that cannot be had. */
const isOfStep = (message: string): boolean =>
  /^(process |executor failed|The command )|failed to solve: process/.test(message);

/** Of a network, or of an engine that tidies up or goes down meanwhile. */
const PASSING =
  /dial tcp|failed to do request|timeout|TLS handshake|connection refused|EOF|failed to read downloaded context|code = (Unavailable|Canceled)/i;

function buildFailure(message: string, tail: Tail): ImageFailure {
  if (isOfStep(message)) return new ImageFailure({ reason: "BuildFailed", message: tail.after(message) });
  if (isUnauthorized(message)) {
    const remedy = "see that the image exists, and docker login to its registry";
    return new ImageFailure({ reason: "Unauthorized", message: `${message}; ${remedy}`, isTransient: true });
  }
  const isTransient = PASSING.test(message);
  return new ImageFailure({ reason: "BuildFailed", message: tail.after(message), isTransient });
}
