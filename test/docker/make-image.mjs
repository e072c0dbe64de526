// What a user's command may do: makes an image of one file, under the reference that it is given, or that tiltish expects.
//
// node make-image.mjs [REFERENCE]
import { execFileSync } from "node:child_process";
import { request } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [ref = process.env.EXPECTED_REF] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), "tiltish-make-"));
writeFileSync(join(directory, "content"), process.env.CONTENT ?? "content");
const tar = execFileSync("tar", ["-C", directory, "-c", "content"]);
rmSync(directory, { recursive: true });
const colon = ref.lastIndexOf(":");
const query = new URLSearchParams({ fromSrc: "-", repo: ref.slice(0, colon), tag: ref.slice(colon + 1) });
const socketPath = process.env.DOCKER_HOST.replace("unix://", "");
const asked = request({ socketPath, method: "POST", path: `/images/create?${query}` }, (response) => {
  response.pipe(process.stdout);
  response.on("end", () => process.exit(response.statusCode === 200 ? 0 : 1));
});
asked.end(tar);
