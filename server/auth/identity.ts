import type { ScopedToken } from "./tokens/index.ts";

/** What an identity may do: everything, read (secrets aside, unless they are opened), only what anybody known may, nothing. */
export type Grant =
  | { readonly access: "all" | "basic" | "none" }
  | { readonly access: "read"; readonly namespace?: string; readonly secrets: boolean };

/** Who asks, in the terms of Kubernetes. */
export interface Identity {
  readonly name: string;
  /** Tells apart two identities that had one name, one after the other. */
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly grant: Grant;
}

export const MASTERS = "system:masters";
export const AUTHENTICATED = "system:authenticated";

/** Whoever has the full token, or lives in this process. */
export const FULL: Identity = {
  name: "tiltish",
  groups: [MASTERS, AUTHENTICATED],
  grant: { access: "all" },
};

/** Nobody that is known; gets as far as health and version. */
export const ANONYMOUS: Identity = {
  name: "system:anonymous",
  groups: ["system:unauthenticated"],
  grant: { access: "none" },
};

export const TOKEN_USER = "tiltish:token:";

/** The user that a scoped token is. */
export const identityOfToken = ({ name, uid, namespace, secrets }: ScopedToken): Identity => ({
  name: TOKEN_USER + name,
  uid,
  groups: [AUTHENTICATED],
  grant: { access: "read", secrets, ...(namespace !== undefined && { namespace }) },
});
