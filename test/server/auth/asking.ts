import { afterAll, beforeAll } from "vitest";
import { TestServer, type Answer } from "../http/harness.ts";

export const AUTHORIZATION = "/apis/authorization.k8s.io/v1";
export const AUTHENTICATION = "/apis/authentication.k8s.io/v1";

export let server: TestServer;
/** The full token, and some that may read: everywhere, here in `default`, or Secrets too. */
export const secrets: Record<string, string> = {};

/** One server for all tests of a file: reviews change nothing. */
export function withOneServer(): void {
  beforeAll(async () => {
    server = await TestServer.start();
    const create = (name: string, more: object = {}) =>
      server.tokens.create({ name, secrets: false, ...more }).secret;
    secrets["full"] = server.token;
    secrets["reader"] = create("reader");
    secrets["here"] = create("here", { namespace: "default" });
    secrets["open"] = create("open", { secrets: true });
  });
  afterAll(() => server.stop());
}

export interface Asking {
  as?: string;
  headers?: Record<string, string>;
}

export const post = (
  path: string,
  body: unknown,
  { as = "full", headers = {} }: Asking = {},
): Promise<Answer> =>
  server.ask(path, { method: "POST", body, headers: { authorization: `Bearer ${secrets[as]}`, ...headers } });

/** As Go writes it. */
export const review = (kind: string, spec: object, group = "authorization.k8s.io") => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { creationTimestamp: null },
  spec,
});

export const canI = (spec: object, asking?: Asking): Promise<Answer> =>
  post(`${AUTHORIZATION}/selfsubjectaccessreviews`, review("SelfSubjectAccessReview", spec), asking);
