import { join } from "node:path";
import { encodeYaml } from "../codec/index.ts";
import { writePrivately } from "./privatefile.ts";

export interface KubeconfigOptions {
  /** `https://127.0.0.1:PORT`. */
  server: string;
  /** PEM of the certificate to pin. */
  cert: string;
  token: string;
}

const NAME = "tiltish";

/** Writes `kubeconfig` into the state directory, so that kubectl works with it as it is. */
export function writeKubeconfig(stateDirectory: string, options: KubeconfigOptions): string {
  const file = join(stateDirectory, "kubeconfig");
  writePrivately(file, encodeYaml(kubeconfigOf(options)).toString("utf8"));
  return file;
}

const kubeconfigOf = ({ server, cert, token }: KubeconfigOptions) => ({
  apiVersion: "v1",
  kind: "Config",
  "current-context": NAME,
  clusters: [
    {
      name: NAME,
      cluster: { server, "certificate-authority-data": Buffer.from(cert, "utf8").toString("base64") },
    },
  ],
  users: [{ name: NAME, user: { token } }],
  contexts: [{ name: NAME, context: { cluster: NAME, user: NAME, namespace: "default" } }],
});
