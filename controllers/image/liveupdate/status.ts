import type { LiveStatus } from "../work.ts";
import type { Member, Observation } from "./orders.ts";

/** What the status of an image says of its containers. */
export function liveStatusOf(observation: Observation | undefined): LiveStatus | undefined {
  if (!observation) return undefined;
  const { members, ...rest } = observation;
  return members.length > 0 ? { ...rest, containers: members.map(containerOf) } : rest;
}

const containerOf = ({ has: _, ...member }: Readonly<Member>) => withoutUndefined(member);

const withoutUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
