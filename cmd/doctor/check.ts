/** What one look at the machine has shown. */
export interface Finding {
  name: string;
  verdict: "ok" | "warn" | "fail";
  message: string;
  /** What to do about it. */
  fix?: string;
}

export interface CheckContext {
  /** Directory of the project. */
  root: string;
  stateDir: string;
}

export type Check = (context: CheckContext) => Finding | Promise<Finding>;

export const ok = (name: string, message: string): Finding => ({ name, verdict: "ok", message });
export const warn = (name: string, message: string, fix?: string): Finding => ({
  name,
  verdict: "warn",
  message,
  fix,
});
export const fail = (name: string, message: string, fix?: string): Finding => ({
  name,
  verdict: "fail",
  message,
  fix,
});
