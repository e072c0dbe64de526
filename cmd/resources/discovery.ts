import { discoverKinds, type HttpTransport } from "../../client/http/index.ts";
import { ResourceTypes } from "./types.ts";

/** Asks for everything at once. */
export async function loadResourceTypes(transport: HttpTransport): Promise<ResourceTypes> {
  return new ResourceTypes(await discoverKinds(transport));
}
