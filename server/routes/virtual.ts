import { Service } from "../../apis/core/index.ts";
import type { Kind } from "../../apis/kind.ts";

/** A kind of which there never are objects. */
export const virtualKind = (group: string, version: string, plural: string): Kind | undefined =>
  group === Service.group && version === Service.version && plural === Service.plural ? Service : undefined;
