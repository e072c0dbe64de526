import type { Work } from "./work.ts";

/** Where something was applied, as it is remembered. */
export type Place = NonNullable<Work["facts"]["target"]>;

type Identity = Pick<Place, "server" | "uid">;

/** One that was made anew at the same address is another one, and one that has moved is the same. */
export const isSameCluster = (a: Identity, b: Identity): boolean =>
  a.uid && b.uid ? a.uid === b.uid : a.server === b.server;
