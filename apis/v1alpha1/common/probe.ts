import { Type, type Static } from "typebox";
import { Defaulted, Enum } from "../../meta.ts";

const port = Type.Union([Type.Integer({ minimum: 1, maximum: 65_535 }), Type.String({ minLength: 1 })], {
  description: "Number of the port, or its name in spec.ports.",
  "x-kubernetes-int-or-string": true,
});
const host = Defaulted(Type.String({ description: "Host to connect to." }), "localhost");
const count = (minimum: number, description: string) => Type.Integer({ minimum, description });

const Header = Type.Object({
  name: Type.String({ minLength: 1, description: "Name of the header." }),
  value: Type.String({ description: "Its value." }),
});

const HttpGet = Type.Object(
  {
    port,
    host,
    path: Defaulted(Type.String({ pattern: "^/", description: "Path and query." }), "/"),
    scheme: Defaulted(
      Enum(["HTTP", "HTTPS"], { description: "HTTPS does not verify the certificate." }),
      "HTTP",
    ),
    httpHeaders: Type.Optional(
      Type.Array(Header, {
        description: "Headers to send.",
      }),
    ),
    statusCodes: Type.Optional(
      Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), {
        minItems: 1,
        description: "The statuses that pass, instead of 200 to 399.",
      }),
    ),
  },
  { description: "Passes on a status of 200 to 399, or on one of `statusCodes`." },
);

/** A Kubernetes Probe, and `logLine` beside its three ways of asking. */
export const Probe = Type.Object({
  exec: Type.Optional(
    Type.Object(
      {
        command: Type.Array(Type.String(), { minItems: 1, description: "Program and arguments, no shell." }),
      },
      { description: "Passes when the program exits with 0." },
    ),
  ),
  httpGet: Type.Optional(HttpGet),
  tcpSocket: Type.Optional(
    Type.Object({ port, host }, { description: "Passes when a connection can be made." }),
  ),
  logLine: Type.Optional(
    Type.Object(
      {
        pattern: Type.String({
          minLength: 1,
          maxLength: 1000,
          description: "A regular expression, in the syntax of RE2, that one line of output must match.",
        }),
      },
      { description: "Passes from the first matching line of this run on." },
    ),
  ),
  initialDelaySeconds: Defaulted(count(0, "Seconds from the start to the first attempt."), 0),
  periodSeconds: Defaulted(
    count(
      1,
      "Seconds between attempts. Until the first success after a start it asks sooner, from 50 ms on.",
    ),
    10,
  ),
  timeoutSeconds: Defaulted(count(1, "Seconds after which an attempt counts as failed."), 1),
  successThreshold: Defaulted(count(1, "Successes in a row that turn it to passing."), 1),
  failureThreshold: Defaulted(count(1, "Failures in a row that turn it to failing."), 3),
});
export type Probe = Static<typeof Probe>;
