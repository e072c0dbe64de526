import { randomBytes } from "node:crypto";
import { inject, test as base, type TestContext } from "vitest";
import { Api } from "./client.ts";
import { Collection } from "./collection.ts";
import { DEVIATIONS } from "./deviations.ts";
import { RULES, type RuleNumber } from "./rules.ts";
import { RUN_LABEL } from "./setup.ts";
import { WIDGETS_ROOT } from "./widgets.ts";

interface Fixtures {
  api: Api;
  /** One of its own for each test. */
  namespace: string;
  /** Custom resources [CR]. */
  widgets: Collection;
  /** Built-in kinds [BI]. */
  configMaps: Collection;
  leases: Collection;
  events: Collection;
  namespaces: Collection;
}

const place = (root: string, kind: string, plural: string) => ({ root, kind, plural });

/** Tests against the server of this run. */
const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  api: async ({}, use) => {
    const api = new Api(server().access);
    await use(api);
    api.close();
  },
  namespaces: ({ api }, use) => use(new Collection(api, place("/api/v1", "Namespace", "namespaces"))),
  namespace: async ({ namespaces }, use) => {
    const { run } = server();
    const name = `conformance-${run}-${randomBytes(4).toString("hex")}`;
    await namespaces.make(name, {}, { labels: { [RUN_LABEL]: run } });
    await use(name);
  },
  widgets: ({ api, namespace }, use) => {
    const { problem } = server();
    if (problem) throw new Error(problem);
    return use(new Collection(api, { ...place(WIDGETS_ROOT, "Widget", "widgets"), namespace }));
  },
  configMaps: ({ api, namespace }, use) =>
    use(new Collection(api, { ...place("/api/v1", "ConfigMap", "configmaps"), namespace })),
  leases: ({ api, namespace }, use) =>
    use(new Collection(api, { ...place("/apis/coordination.k8s.io/v1", "Lease", "leases"), namespace })),
  events: ({ api, namespace }, use) =>
    use(new Collection(api, { ...place("/api/v1", "Event", "events"), namespace })),
});

export const server = () => inject("conformance");

type Run = (fixtures: Fixtures & TestContext) => Promise<void> | void;

/** What a test needs that not every server has; elsewhere it is reported as not applicable. */
export interface Where {
  /** It is about something that only tiltish promises. */
  onlyTiltish?: boolean;
  /** The server was started for the suite, or another one can be. */
  onlyOurs?: boolean;
  /** There is a token with which one may only read. */
  withReader?: boolean;
}

const isHere = ({ onlyTiltish, onlyOurs, withReader }: Where): boolean => {
  const { isTiltish, isOurs, readOnlyToken } = server();
  return (isTiltish || !onlyTiltish) && (isOurs || !onlyOurs) && (Boolean(readOnlyToken) || !withReader);
};

/** The token of who may only read. */
export const readOnlyToken = (): string => server().readOnlyToken ?? "";

/** A test of a rule of the contract. Its name is what must be true. */
export function rule(number: RuleNumber, sentence: string, run: Run, where: Where = {}): void {
  if (!RULES.some((known) => known.number === number)) throw new Error(`there is no rule ${number}`);
  declare(`rule ${number}: ${sentence}`, run, where);
}

/** A test of a mistake that servers are known for, as far as the rules do not say it yet. */
export function mistake(number: number, sentence: string, run: Run, where: Where = {}): void {
  declare(`mistake ${number}: ${sentence}`, run, where);
}

function declare(name: string, run: Run, where: Where): void {
  if (!isHere(where)) test.skip(name, run);
  else if (server().isTiltish && Object.hasOwn(DEVIATIONS, name)) test.fails(name, run);
  else test(name, run);
}
