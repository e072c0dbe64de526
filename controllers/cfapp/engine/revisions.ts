import { createHash } from "node:crypto";

/** Which set of files an instance has: a number that grows, and the hash of all files. */
export interface Revision {
  readonly number: number;
  readonly treeHash: string;
}

const SHORT = 16;

/**
 * The name of a revision, as an instance keeps it. One that was asked for by hand carries that, so that whoever finds
 * it knows that it was done.
 */
export const nameOf = ({ number, treeHash }: Revision, trigger?: string): string =>
  [number, treeHash.slice(0, SHORT), ...(trigger === undefined ? [] : [markOf(trigger)])].join("-");

const markOf = (trigger: string): string => createHash("sha256").update(trigger).digest("hex").slice(0, 8);

/** Whether the set of that name was asked for by this request. */
export const wasAskedBy = (name: string, trigger: string): boolean => name.endsWith(`-${markOf(trigger)}`);

/** The number in the name of a revision; 0 if it is none of ours. */
export const numberOf = (name: string): number => Number(/^(\d{1,15})-[0-9a-f]+/.exec(name)?.[1] ?? 0);
