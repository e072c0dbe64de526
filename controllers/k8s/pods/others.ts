import type { Condition, KubeObject } from "../../../apis/meta.ts";
import { no, type Verdict, yes } from "../engine/observation.ts";

type Job = KubeObject & { status?: { conditions?: Condition[] } };

type Service = KubeObject & {
  spec?: { ports?: { port?: number }[] };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
};

const conditionOf = ({ status }: Job, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type && condition.status === "True");

export const isComplete = (job: KubeObject): boolean => conditionOf(job, "Complete") !== undefined;

/**
 * Whether the jobs are done.
 *
 * @param done - uids of those that were seen to be, even if they have been cleaned up since.
 */
export function jobsVerdict(
  uids: readonly string[],
  jobs: readonly KubeObject[],
  done: ReadonlySet<string>,
): Verdict {
  const failed = jobs.find((job) => conditionOf(job as Job, "Failed"));
  if (failed) {
    const { reason, message } = conditionOf(failed, "Failed")!;
    return no(reason || "JobFailed", `Job/${failed.metadata.name} has failed: ${message}`);
  }
  const open = uids.filter((uid) => !done.has(uid));
  return open.length > 0
    ? no("Running", `${open.length} of ${uids.length} jobs are not done`)
    : yes("Complete", "every job is done");
}

/** Where the load balancers of these Services are, with their ports. */
export const addressesOf = (services: readonly KubeObject[]): string[] =>
  services.flatMap((object) => {
    const { spec, status } = object as Service;
    const hosts = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => hostname ?? ip ?? []);
    const ports = (spec?.ports ?? []).flatMap(({ port }) => port ?? []);
    return hosts.flatMap((host) => (ports.length > 0 ? ports.map((port) => `${host}:${port}`) : [host]));
  });
