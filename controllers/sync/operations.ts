import type { FileEntry } from "./tree.ts";

/** One change to the other side. */
export type Operation =
  | { readonly type: "makeDirectory"; readonly path: string }
  | Put
  | { readonly type: "link"; readonly path: string; readonly target: string }
  | { readonly type: "chmod"; readonly path: string; readonly mode: number }
  /** Takes away a file or a link. */
  | { readonly type: "remove"; readonly path: string }
  /** Takes away a directory if nothing is left in it. */
  | { readonly type: "removeDirectory"; readonly path: string };

/** A file is there with this content, in one step: whoever reads it sees the old one or the new one. */
export interface Put {
  readonly type: "put";
  readonly path: string;
  readonly entry: FileEntry;
  /** A file of the other side that has this content already, before any change: nothing needs to be sent. */
  readonly from?: string;
  /** The file that it replaces: most of the content may be in it. */
  readonly base?: FileEntry;
}
