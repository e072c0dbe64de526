import { expect } from "vitest";
import { Logins } from "../../../../controllers/cfapp/engine/logins.ts";
import { settingsOf } from "../../../../controllers/cfapp/engine/settings.ts";
import { Syncer } from "../../../../controllers/cfapp/engine/syncer.ts";
import { pushApp } from "../../../../controllers/cfapp/push/index.ts";
import { waysTo } from "../../../../controllers/cfapp/ways.ts";
import { test, WAIT } from "./fixture.ts";

test("CF-13: on a host that takes A.txt and a.txt for one name both are named and left out, and the rest is there", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "two", "A.txt": "A", "a.txt": "a" });
  const object = await loop.create({ disabled: true });
  const settings = settingsOf(object.spec, loop.root);
  const logins = new Logins();
  const syncer = new Syncer(object, {
    settings,
    seams: { logins, waysTo, push: pushApp },
    tell: () => undefined,
    journal: { note: () => undefined, lines: () => undefined, isFollowed: false },
    onSeen: () => undefined,
  });
  // What this host takes for one name it says itself; here it is told.
  syncer.configure({
    ...settings,
    workHash: "of a host that is not this one",
    tree: { ...settings.tree, caseInsensitive: true },
  });
  await expect.poll(() => syncer.observation.verdicts.Synced?.reason, WAIT).toBe("RejectedPaths");
  const { rejected } = syncer.observation.facts;
  expect(rejected!.map(({ path, reason }) => `${path} ${reason}`).toSorted()).toEqual([
    "A.txt NameCollision",
    "a.txt NameCollision",
  ]);
  expect(await loop.remoteFiles()).toEqual(["app.txt"]);
  expect(await loop.remoteText("app.txt")).toBe("two");
  await syncer.close();
  logins.close();
});
