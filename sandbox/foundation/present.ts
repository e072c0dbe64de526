import type { Instance } from "../instances/index.ts";
import type { App, Droplet, Route } from "./app.ts";
import type { Platform } from "./platform.ts";
import type { Process } from "./process.ts";

const toOne = (guid: string | undefined) => ({ data: guid === undefined ? null : { guid } });
const times = (createdAt: string) => ({ created_at: createdAt, updated_at: createdAt });

/** An app as a Cloud Controller tells of it. */
export const appView = (app: App): object => ({
  guid: app.guid,
  name: app.name,
  state: app.state,
  ...times(app.createdAt),
  lifecycle: { type: "buildpack", data: { buildpacks: app.buildpacks, stack: "cflinuxfs4" } },
  relationships: { space: toOne(app.spaceGuid), current_droplet: toOne(app.droplet?.guid) },
  metadata: app.metadata,
  links: { self: { href: `/v3/apps/${app.guid}` } },
});

export const processView = (app: App, { guid, type, spec }: Process): object => ({
  guid,
  type,
  ...times(app.createdAt),
  command: spec.command ?? app.droplet?.processTypes[type] ?? null,
  instances: spec.instances,
  memory_in_mb: spec.memoryMb,
  disk_in_mb: spec.diskMb,
  log_rate_limit_in_bytes_per_second: -1,
  health_check: {
    type: spec.health.type,
    data: {
      timeout: spec.health.timeoutSeconds,
      invocation_timeout: null,
      ...(spec.health.type === "http" && { endpoint: spec.health.endpoint ?? "/" }),
    },
  },
  readiness_health_check: { type: "process", data: { invocation_timeout: null } },
  relationships: { app: toOne(app.guid), revision: null },
  metadata: { labels: {}, annotations: {} },
  links: {},
});

export function statsView({ spec, type }: Process, instance: Instance, disk: number): object {
  const { container, index, state, details } = instance;
  if (!container) return { type, index, state, uptime: 0, details: details ?? null, isolation_segment: null };
  return {
    type,
    index,
    state,
    instance_guid: container.guid,
    routable: state === "RUNNING",
    host: "127.0.0.1",
    instance_internal_ip: "127.0.0.1",
    instance_ports: [{ external: container.port, internal: container.port }],
    uptime: Math.floor((Date.now() - container.startedAt) / 1000),
    mem_quota: spec.memoryMb * 1024 * 1024,
    disk_quota: spec.diskMb * 1024 * 1024,
    log_rate_limit: -1,
    fds_quota: 16_384,
    isolation_segment: null,
    details: details ?? null,
    usage: { time: new Date().toISOString(), cpu: 0, mem: 0, disk, log_rate: 0 },
  };
}

export const dropletView = (droplet: Droplet): object => ({
  guid: droplet.guid,
  state: "STAGED",
  error: null,
  ...times(droplet.createdAt),
  lifecycle: { type: "buildpack", data: {} },
  execution_metadata: "",
  process_types: droplet.processTypes,
  buildpacks: [
    { name: "sandbox_buildpack", detect_output: "sandbox", version: "1.0", buildpack_name: "sandbox" },
  ],
  stack: "cflinuxfs4",
  image: null,
  checksum: { type: "sha256", value: "" },
  relationships: { app: toOne(droplet.appGuid) },
  metadata: { labels: {}, annotations: {} },
  links: droplet.packageGuid ? { package: { href: `/v3/packages/${droplet.packageGuid}` } } : {},
});

export const routeView = (app: App, { guid, host, path, url }: Route): object => ({
  guid,
  protocol: "http",
  host,
  path,
  port: null,
  url,
  ...times(app.createdAt),
  destinations: [
    {
      guid: `${guid}-d`,
      app: { guid: app.guid, process: { type: "web" } },
      weight: null,
      port: 8080,
      protocol: "http1",
    },
  ],
  metadata: { labels: {}, annotations: {} },
  relationships: { space: toOne(app.spaceGuid), domain: toOne("domain") },
  links: {},
});

export const organizationView = ({ organization: { guid, name } }: Platform): object => ({
  guid,
  name,
  suspended: false,
  metadata: { labels: {}, annotations: {} },
  relationships: { quota: toOne("quota") },
  links: {},
});

export const spaceView = ({ space: { guid, name }, organization }: Platform): object => ({
  guid,
  name,
  metadata: { labels: {}, annotations: {} },
  relationships: { organization: toOne(organization.guid), quota: toOne(undefined) },
  links: {},
});
