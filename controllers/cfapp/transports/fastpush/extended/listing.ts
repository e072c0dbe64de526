import type { ListedEntry, ListingEnd } from "../../../../../apis/fastpush.ts";
import type { Entry } from "../../../../sync/index.ts";
import type { Listing } from "../../transport.ts";

/** Reads a listing: one line of JSON for each entry, and one for its end. @throws Error if that is missing. */
export function listingOf(body: Buffer): Listing {
  const [tree, tracked] = [new Map<string, Entry>(), new Set<string>()];
  let isWhole = false;
  for (const line of body.toString("utf8").split("\n")) {
    if (line === "") continue;
    const listed = JSON.parse(line) as ListedEntry | ListingEnd;
    if (listed.type === "end") isWhole = listed.entries === tree.size;
    else {
      tree.set(listed.path, entryOf(listed));
      if (listed.tracked) tracked.add(listed.path);
    }
  }
  if (!isWhole) throw new Error("the listing is not whole");
  return { tree, tracked };
}

function entryOf(listed: ListedEntry): Entry {
  if (listed.type === "directory") return { type: "directory" };
  if (listed.type === "link") return { type: "link", target: listed.target };
  const { size, mode, hash } = listed;
  return { type: "file", size, mode, hash };
}
