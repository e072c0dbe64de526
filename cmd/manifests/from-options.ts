import type { Options } from "../cli/options.ts";
import type { Session } from "../connect/session.ts";
import { loadManifests } from "./load.ts";
import { typedManifests, type TypedManifest } from "./typed.ts";

/** The objects that `-f` names, each with its kind and namespace. */
export async function manifestsFrom(options: Options, session: Session): Promise<TypedManifest[]> {
  const manifests = await loadManifests(options.all("filename"), { recursive: options.flag("recursive") });
  return typedManifests(manifests, await session.types(), session.namespace, options.has("namespace"));
}
