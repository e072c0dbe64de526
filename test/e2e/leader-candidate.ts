// A candidate as a process of its own, so that it can really be stopped and killed:
// `node --import tsx test/e2e/leader-candidate.ts KUBECONFIG IDENTITY`.
import { CoordinationV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { setTimeout } from "node:timers/promises";
import { Elector } from "../helpers/leaderelection.ts";
import { Witness } from "../helpers/witness.ts";

const [file, identity] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromFile(file!);
const elector = new Elector({
  leases: config.makeApiClient(CoordinationV1Api),
  identity: identity!,
  name: "leader",
});
const witness = new Witness(config.makeApiClient(CoreV1Api));

/** Works for as long as it believes that it leads, which after a pause may be wrong. */
async function work(end: AbortSignal): Promise<void> {
  const { term } = elector;
  const believes = () => !end.aborted;
  while (believes()) {
    await witness.write({ term, identity: identity! }).catch(() => false);
    await setTimeout(20);
  }
}

for (;;) {
  await elector.acquire();
  const end = new AbortController();
  const working = work(end.signal);
  await elector.renew();
  end.abort();
  await working;
}
