import { array, assert, asyncProperty, boolean, constantFrom, nat, record, uniqueArray } from "fast-check";
import { expect } from "vitest";
import { ConfigMap, Secret } from "../../../apis/core/index.ts";
import type { AnyKind, AnyObject, Client } from "../../../client/index.ts";
import { create, define } from "../widgets.ts";
import { config, exists, gone, test, to } from "./fixture.ts";

interface Plan {
  /** Index of its kind. */
  kind: number;
  /** Each belongs to earlier ones, by their index. */
  owners: number[];
  blocks: boolean;
  end: "none" | "Background" | "Foreground";
}

const plans = array(
  record<Plan>({
    kind: nat(2),
    owners: uniqueArray(nat(11), { maxLength: 3 }),
    blocks: boolean(),
    end: constantFrom("none", "none", "none", "Background", "Foreground"),
  }),
  { minLength: 2, maxLength: 12 },
);

/** Whoever is not deleted stays, unless it had owners and none of them stays. */
function survivorsOf(all: readonly Plan[]): boolean[] {
  const stays: boolean[] = [];
  for (const [i, { owners, end }] of all.entries()) {
    const own = owners.filter((owner) => owner < i);
    stays.push(end === "none" && (own.length === 0 || own.some((owner) => stays[owner])));
  }
  return stays;
}

async function make(client: Client, kinds: readonly AnyKind[], all: readonly Plan[]): Promise<AnyObject[]> {
  const made: AnyObject[] = [];
  for (const [i, { kind, owners, blocks }] of all.entries()) {
    const ownerReferences = owners.filter((owner) => owner < i).map((owner) => to(made[owner]!, blocks));
    made.push(await create(client, kinds[kind]!, { name: `o${i}`, ownerReferences }));
  }
  return made;
}

test("whatever is deleted at once, those stay who have an owner left or never had one", async ({
  client,
  collected: _,
}) => {
  const kinds = [ConfigMap, Secret, await define(client)];
  const check = async (all: Plan[]) => {
    const made = await make(client, kinds, all);
    await Promise.all(
      all.map(async ({ kind, end }, i) => {
        if (end !== "none") await client.delete(kinds[kind]!, `o${i}`, { propagationPolicy: end });
      }),
    );
    const there = () => Promise.all(all.map(({ kind }, i) => exists(client, `o${i}`, kinds[kind])));
    await expect.poll(there).toEqual(survivorsOf(all));
    // Who comes after all that was decided has seen it carried out.
    await config(client, "last", { apiVersion: "v1", kind: "ConfigMap", name: "none", uid: "none" });
    await gone(client, "last");
    expect(await there()).toEqual(survivorsOf(all));
    for (const [i, { kind }] of all.entries()) await client.delete(kinds[kind]!, `o${i}`);
    await expect.poll(there).toEqual(all.map(() => false));
    expect(made).toHaveLength(all.length);
  };
  await assert(asyncProperty(plans, check), { numRuns: 30 });
});
