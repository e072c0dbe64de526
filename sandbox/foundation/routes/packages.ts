import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import type { FastifyInstance } from "fastify";
import { invalidRequest, notFound, unprocessable } from "../errors.ts";
import type { Build, Package, Packages } from "../packages.ts";
import { page, type Query } from "../page.ts";
import type { Platform } from "../platform.ts";
import type { Resource } from "../pool.ts";
import { dropletView } from "../present.ts";

const MAX_RESOURCES = 5000;
const MAX_PACKAGE = 1024 ** 3;

const guidOf = (request: { params: unknown }): string => (request.params as Query)["guid"]!;

/** From files to a droplet: match, package, upload, build. */
export function packageRoutes(http: FastifyInstance, platform: Platform): void {
  const { packages } = platform;
  http.post("/v3/resource_matches", (request, reply) => {
    const { resources = [] } = request.body as { resources?: Resource[] };
    if (resources.length > MAX_RESOURCES)
      throw unprocessable(`Array is too large: at most ${MAX_RESOURCES} resources`);
    return reply.code(201).send({ resources: platform.pool.match(resources) });
  });
  http.post("/v3/packages", (request, reply) => {
    const { type, relationships } = request.body as CreatePackage;
    if (type !== "bits") throw unprocessable("Type must be bits: nothing else is served here");
    const app = platform.app(relationships?.app?.data?.guid ?? "");
    return reply.code(201).send(packageView(packages.create(app)));
  });
  http.get("/v3/packages/:guid", (request) => packageView(packages.package(guidOf(request))));
  http.post("/v3/packages/:guid/upload", (request) =>
    receive(platform, packages, { guid: guidOf(request), message: request.raw }),
  );
  http.post("/v3/builds", (request, reply) => {
    const { package: of } = request.body as { package?: { guid?: string } };
    return reply.code(201).send(buildView(packages.stage(packages.package(of?.guid ?? ""))));
  });
  http.get("/v3/builds/:guid", (request) => buildView(packages.build(guidOf(request))));
  http.get("/v3/droplets/:guid", (request) => dropletView(packages.droplet(guidOf(request))));
  http.patch("/v3/apps/:guid/relationships/current_droplet", (request) => {
    const { data } = request.body as { data?: { guid?: string } };
    const app = platform.app(guidOf(request));
    const droplet = packages.droplet(data?.guid ?? "");
    if (droplet.appGuid !== app.guid)
      throw unprocessable(
        "Unable to assign current droplet. Ensure the droplet exists and belongs to this app.",
      );
    app.setDroplet(droplet);
    return { data, links: {} };
  });
}

interface CreatePackage {
  type?: string;
  relationships?: { app?: { data?: { guid?: string } } };
}

/** @throws Refusal if there is neither an archive nor a list of what is known. */
async function receive(
  platform: Platform,
  packages: Packages,
  { guid, message }: { guid: string; message: IncomingMessage },
): Promise<object> {
  const upload = packages.package(guid);
  if (!message.headers["content-type"]?.startsWith("multipart/form-data"))
    throw invalidRequest("the upload is no form");
  const directory = join(platform.directory, "packages");
  await mkdir(directory, { recursive: true });
  const { archive, fields } = await readForm(message, join(directory, `${randomUUID()}.zip`));
  const text = fields.get("resources");
  if (!archive && text === undefined) throw unprocessable("Upload must include either resources or bits");
  packages.receive(upload, archive, text === undefined ? [] : resourcesIn(text));
  return packageView(upload);
}

interface Form {
  archive: string | undefined;
  readonly fields: Map<string, string>;
}

async function readForm(message: IncomingMessage, file: string): Promise<Form> {
  const form: Form = { archive: undefined, fields: new Map() };
  const writes: Promise<void>[] = [];
  const parser = new Busboy({
    headers: message.headers as BusboyHeaders,
    limits: { fileSize: MAX_PACKAGE, fieldSize: 15 * 1024 * 1024 },
  });
  parser.on("field", (name: string, value: string) => void form.fields.set(name, value));
  parser.on("file", (name: string, stream) => {
    if (name !== "bits") return void stream.resume();
    form.archive = file;
    writes.push(pipeline(stream, createWriteStream(file)));
  });
  await pipeline(message, parser);
  await Promise.all(writes);
  return form;
}

/** In the form of today, or in that of old clients. */
function resourcesIn(text: string): Resource[] {
  const listed = JSON.parse(text) as (Resource & { fn?: string; sha1?: string; size?: number })[];
  return listed.map(({ fn, sha1, size, ...resource }) =>
    fn === undefined
      ? resource
      : { path: fn, checksum: { value: sha1 ?? "" }, size_in_bytes: size ?? 0, mode: resource.mode ?? "744" },
  );
}

const packageView = ({ guid, state, error, appGuid, createdAt }: Package): object => ({
  guid,
  type: "bits",
  state,
  data: { error: error ?? null, checksum: { type: "sha256", value: null } },
  created_at: createdAt,
  updated_at: createdAt,
  relationships: { app: { data: { guid: appGuid } } },
  metadata: { labels: {}, annotations: {} },
  links: { upload: { href: `/v3/packages/${guid}/upload`, method: "POST" } },
});

const buildView = ({ guid, state, error, droplet, packageGuid, appGuid, createdAt }: Build): object => ({
  guid,
  state,
  error: error ?? null,
  created_at: createdAt,
  updated_at: createdAt,
  lifecycle: { type: "buildpack", data: { buildpacks: [], stack: "cflinuxfs4" } },
  package: { guid: packageGuid },
  droplet: droplet ? { guid: droplet.guid } : null,
  created_by: { guid: "admin-id", name: "admin", email: "admin" },
  relationships: { app: { data: { guid: appGuid } } },
  metadata: { labels: {}, annotations: {} },
  links: {},
});

/** Jobs, which finish by themselves. */
export function jobRoutes(http: FastifyInstance, { jobs }: Platform): void {
  http.get("/v3/jobs/:guid", (request) => {
    const job = jobs.get(guidOf(request));
    if (!job) throw notFound("Job");
    const errors =
      job.error === undefined ? [] : [{ code: 10_008, title: "CF-UnprocessableEntity", detail: job.error }];
    const now = new Date().toISOString();
    const { guid, operation, state } = job;
    return { guid, operation, state, errors, warnings: [], created_at: now, updated_at: now, links: {} };
  });
  http.get("/v3/packages", ({ query }) => page("/v3/packages", [], query as Query));
}
