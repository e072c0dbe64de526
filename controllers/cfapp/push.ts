import type { Pushed, PushRequest } from "./engine/seams.ts";

export async function push({ appName }: PushRequest): Promise<Pushed> {
  throw new Error(`full deploys are not part of this version; deploy ${appName} with cf push`);
}
