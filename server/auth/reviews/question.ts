import type { Kind } from "../../../apis/kind.ts";
import type { Authority } from "../authority.ts";
import type { Identity } from "../identity.ts";

/** What a review asks, and what it takes to answer it. */
export interface Question<Spec> {
  readonly spec: Spec;
  /** Who asks. */
  readonly identity: Identity;
  readonly authority: Authority;
  /** Everything that is stored. */
  readonly kinds: readonly Kind[];
}
