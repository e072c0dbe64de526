import { StatusError } from "../../../apis/errors.ts";
import { ConnectionError } from "../../../client/index.ts";
import { Problem } from "../problem.ts";
import type { Place } from "../target/guard.ts";

const CERTIFICATE =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|HOSTNAME_MISMATCH)/;

/** What went wrong between here and a cluster, with what to do about it. */
export function problemOf(error: unknown, place: Place): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StatusError) return refusal(error, place);
  if (error instanceof ConnectionError) return disconnection(error, place);
  if (error instanceof SyntaxError && error.message.includes("JSON")) return noApi(place);
  const { code = "", message = "it failed" } = error as Partial<NodeJS.ErrnoException>;
  if (CERTIFICATE.test(code)) return noCertificate(message, place);
  return new Problem("Unexpected", message, { isPassing: true, cause: error });
}

/** What it says instead is not shown: it may be anything. */
const noApi = ({ context, server }: Place): Problem =>
  new Problem(
    "ClusterFailed",
    `what answers at ${server} for the context ${context} is no API server: correct the kubeconfig, or log in where a proxy asks for it`,
    { isPassing: true },
  );

const noCertificate = (why: string, { context }: Place): Problem =>
  new Problem(
    "BadCertificate",
    `a certificate or key of the context ${context} cannot be read (${why}): correct it in the kubeconfig, or fetch a new one`,
    { isPassing: true },
  );

function disconnection(error: ConnectionError, { context, server }: Place): Problem {
  const { code = "" } = error;
  const why = (error.cause as Error | undefined)?.message ?? code;
  if (CERTIFICATE.test(code)) {
    const message = `the certificate of ${server} is not trusted (${why}): correct certificate-authority of its cluster in the kubeconfig, or fetch a new kubeconfig`;
    return new Problem("BadCertificate", message, { isPassing: true, cause: error });
  }
  const message = `the cluster of the context ${context} does not answer at ${server} (${why}): start it, or choose another spec.context`;
  return new Problem("ClusterUnreachable", message, { isPassing: true, cause: error });
}

function refusal(error: StatusError, { context, server }: Place): Problem {
  const options = { cause: error, isPassing: true };
  if (error.code === 401) {
    const message = `${server} does not know the credentials of the context ${context}: log in again, or correct its user in the kubeconfig`;
    return new Problem("Unauthorized", message, options);
  }
  if (error.code === 403) {
    return new Problem(
      "Forbidden",
      `${error.message}: ask for a role that allows it, or use another context`,
      options,
    );
  }
  if (error.code >= 500 || error.code === 429 || error.code === 408) {
    return new Problem("ClusterFailed", `the cluster cannot answer now: ${error.message}`, options);
  }
  const [, namespace] = /^namespaces "([^"]+)" not found/.exec(error.message) ?? [];
  if (error.code !== 404 || namespace === undefined)
    return new Problem("Refused", error.message, { cause: error });
  const message = `${error.message}: apply a Namespace of that name with it, or create it: kubectl --context ${context} create namespace ${namespace}`;
  return new Problem("NoNamespace", message, options);
}
