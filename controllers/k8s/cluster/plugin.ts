import { spawn } from "node:child_process";
import { Problem } from "../problem.ts";

/** A program of a kubeconfig that hands out credentials, as `users[].user.exec` has it. */
export interface Plugin {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { name: string; value: string }[] | null;
}

export interface Credential {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
}

export interface Asking {
  readonly context: string;
  /** Nobody needs the answer any more. */
  readonly signal: AbortSignal;
}

/** Some ask somebody in a browser. */
const PATIENCE_MS = 30_000;
const MAX_BYTES = 1024 * 1024;
const SHOWN = 500;

/**
 * Asks a plugin. It has no terminal, and so much time.
 *
 * @throws Problem that names it, and shows what it says on stderr; on stdout may be secrets.
 */
export async function askPlugin(plugin: Plugin, { context, signal }: Asking): Promise<Credential> {
  if (!plugin.command) throw failed(plugin, context, "has no command");
  const { code, stdout, stderr } = await run(plugin, { context, signal });
  const said = stderr.trim().slice(0, SHOWN);
  if (code !== 0) throw failed(plugin, context, `exited with code ${code}${said && `: ${said}`}`);
  const status = statusIn(stdout);
  if (status?.token || (status?.clientCertificateData && status.clientKeyData)) return status;
  throw failed(
    plugin,
    context,
    `has printed no ExecCredential with a token or a certificate${said && `: ${said}`}`,
  );
}

function statusIn(stdout: string): Credential | undefined {
  try {
    return (JSON.parse(stdout) as { status?: Credential } | null)?.status;
  } catch {
    return undefined;
  }
}

interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** With all that it has started it ends in time. */
function run(plugin: Plugin, { context, signal }: Asking): Promise<Answer> {
  const { command = "", args } = plugin;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args ?? [], {
      env: environmentOf(plugin),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const end = (why: string) => {
      if (child.pid !== undefined) killGroup(child.pid);
      finish(() => reject(failed(plugin, context, why)));
    };
    const timer = setTimeout(() => end(`has not answered in ${PATIENCE_MS / 1_000} s`), PATIENCE_MS);
    const leave = () => end("was interrupted");
    signal.addEventListener("abort", leave);
    const finish = (then: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
      then();
    };
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        texts[name] += text;
        if (texts[name].length > MAX_BYTES) end("prints too much");
      });
    }
    child.on("error", (error) => finish(() => reject(failed(plugin, context, error.message))));
    child.on("close", (code) => finish(() => resolve({ code, ...texts })));
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

/** What client-go tells a plugin beside its own variables. */
function environmentOf({ apiVersion = "client.authentication.k8s.io/v1", env }: Plugin): NodeJS.ProcessEnv {
  const info = { apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const own = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
  return { ...process.env, KUBERNETES_EXEC_INFO: JSON.stringify(info), ...own };
}

const failed = ({ command = "" }: Plugin, context: string, why: string): Problem =>
  new Problem(
    "CredentialsFailed",
    `no credentials for the context ${context}: the plugin${command && ` ${command}`} ${why}; run it in a terminal to log in again, or correct users[].user.exec of the kubeconfig`,
    { isPassing: true },
  );
