import { ImageFailure } from "../failure.ts";
import type { Environment } from "./config.ts";
import { credentialsFor, registryOf } from "./credentials.ts";
import { type Engine, EngineError, splitTag } from "./engine.ts";
import { errorIn, jsonLines } from "./lines.ts";

export interface PushOptions {
  env: Environment;
  signal: AbortSignal;
  /** Gets what the engine tells of it. */
  log: (line: string) => void;
}

/**
 * Pushes an image that the engine has under this reference.
 *
 * @throws ImageFailure `PushFailed`, `Unauthorized`
 */
export async function pushImage(
  engine: Engine,
  ref: string,
  { env, signal, log }: PushOptions,
): Promise<void> {
  const registry = registryOf(ref);
  const login = await credentialsFor(registry, env, { signal });
  const { repository, tag = "latest" } = splitTag(ref);
  const auth = Buffer.from(JSON.stringify(login ?? {})).toString("base64url");
  log(`pushing ${ref}`);
  try {
    const stream = await engine.stream({
      method: "POST",
      path: `/images/${repository}/push`,
      query: { tag },
      headers: { "X-Registry-Auth": auth },
      signal,
    });
    for await (const line of jsonLines(stream)) tell(line, ref, log);
  } catch (error) {
    if (error instanceof EngineError) throw pushFailure(ref, error.message);
    throw error;
  }
}

function tell(line: Record<string, unknown>, ref: string, log: (line: string) => void): void {
  const error = errorIn(line);
  if (error !== undefined) throw pushFailure(ref, error);
  const { status, id, progressDetail } = line as {
    status?: string;
    id?: string;
    progressDetail?: { total?: number };
  };
  // How far each layer is comes many times a second.
  if (!status || progressDetail?.total !== undefined) return;
  log(id === undefined ? status : `${id}: ${status}`);
}

/** What registries and engines say when a login is missing or wrong. */
export const isUnauthorized = (message: string): boolean =>
  /unauthorized|authentication required|no basic auth|access denied|denied:|forbidden|incorrect username/i.test(
    message,
  );

function pushFailure(ref: string, why: string): ImageFailure {
  const registry = registryOf(ref);
  return isUnauthorized(why)
    ? new ImageFailure({
        reason: "Unauthorized",
        message: `${registry} does not let this login push ${ref}: ${why}; docker login ${registry}`,
        isTransient: true,
      })
    : new ImageFailure({
        reason: "PushFailed",
        message: `${ref} could not be pushed: ${why}; see that ${registry} runs and takes images, or set push: Never`,
        isTransient: true,
      });
}
