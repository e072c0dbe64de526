import { createWriteStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { expect } from "vitest";
import yazl from "yazl";
import { type Rig, test } from "./fixture.ts";

const json = { "content-type": "application/json" };

async function post(rig: Rig, path: string, value: object): Promise<{ guid: string }> {
  const { body } = await rig.cc.ask(path, { method: "POST", headers: json, body: JSON.stringify(value) });
  return JSON.parse(body) as { guid: string };
}

async function emptyPackage(rig: Rig): Promise<string> {
  const space = { data: { guid: rig.cf.spaceGuid } };
  const { guid } = rig.app.found ?? (await post(rig, "/v3/apps", { name: "web", relationships: { space } }));
  const made = await post(rig, "/v3/packages", { type: "bits", relationships: { app: { data: { guid } } } });
  return made.guid;
}

/** Uploads what is in a file, and tells what became of the package. */
async function upload(rig: Rig, file: string): Promise<{ state: string; data: { error: string | null } }> {
  const guid = await emptyPackage(rig);
  const head = '--b\r\nContent-Disposition: form-data; name="bits"; filename="p.zip"\r\n\r\n';
  const body = Buffer.concat([Buffer.from(head), await readFile(file), Buffer.from("\r\n--b--\r\n")]);
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  await rig.cc.ask(`/v3/packages/${guid}/upload`, { method: "POST", headers, body });
  const look = () => rig.cc.get<{ state: string; data: { error: string | null } }>(`/v3/packages/${guid}`);
  await expect.poll(async () => (await look()).state).not.toBe("PROCESSING_UPLOAD");
  return look();
}

test("what is no archive fails, and says so in the state of the package", async ({ rig }) => {
  const file = join(rig.home, "p.zip");
  await writeFile(file, "no archive");
  expect(await upload(rig, file)).toMatchObject({
    state: "FAILED",
    data: { error: expect.any(String) as string },
  });
});

test("an archive that leads out of its directory is refused, and nothing is written there", async ({
  rig,
}) => {
  const file = join(rig.home, "p.zip");
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from("x"), "aa/evil");
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
  const bytes = (await readFile(file, "latin1")).replaceAll("aa/evil", "../evil");
  await writeFile(file, bytes, "latin1");
  expect(await upload(rig, file)).toMatchObject({ state: "FAILED" });
  await expect(readFile(join(rig.home, "cf/packages/evil"))).rejects.toThrow("ENOENT");
});

test("a name that begins with two dots is one like any other", async ({ rig }) => {
  const file = join(rig.home, "p.zip");
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from("x"), "..dots");
  zip.addBuffer(Buffer.from("x"), "..dir/...");
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
  expect(await upload(rig, file)).toMatchObject({ state: "READY" });
});

test("an upload of nothing, or by nobody, is refused", async ({ rig }) => {
  const guid = await emptyPackage(rig);
  const path = `/v3/packages/${guid}/upload`;
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  await expect(rig.cc.ask(path, { method: "POST", headers, body: "--b--\r\n" })).rejects.toMatchObject({
    status: 422,
  });
  await expect(rig.cc.ask(path, { method: "POST", headers: json, body: "{}" })).rejects.toMatchObject({
    status: 400,
  });
  const { status } = await rig.http.send(rig.cf.url + path, { method: "POST", headers, body: "--b--\r\n" });
  expect(status).toBe(401);
});

test("the pool knows large files alone, by their SHA-1", async ({ rig }) => {
  const match = { path: "a", mode: "644", checksum: { value: "0".repeat(40) }, size_in_bytes: 70_000 };
  const ask = async (resources: object[]) =>
    JSON.parse(
      (
        await rig.cc.ask("/v3/resource_matches", {
          method: "POST",
          headers: json,
          body: JSON.stringify({ resources }),
        })
      ).body,
    ) as { resources: object[] };
  expect(await ask([match])).toEqual({ resources: [] });
  await expect(ask(Array.from({ length: 5001 }, () => match))).rejects.toMatchObject({ status: 422 });
});
