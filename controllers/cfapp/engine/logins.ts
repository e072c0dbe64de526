import {
  AuthError,
  type CfConfig,
  CloudController,
  configFile,
  Http,
  stampOf,
  type Target,
  Tokens,
} from "../cf/index.ts";
import type { Spec } from "./settings.ts";

/** Where an app is, for who is logged in. */
export interface Place {
  readonly cc: CloudController;
  readonly space: Target;
}

/** Who is logged in with cf, by one file of it. Its tokens and connections are shared by all who use it. */
export class Login {
  readonly file: string;
  readonly #tokens: Tokens;
  readonly #https = new Map<boolean, Http>();
  readonly #controllers = new Map<string, CloudController>();

  constructor(file: string) {
    this.file = file;
    this.#tokens = new Tokens(file, (config) => this.#httpOf(config));
  }

  /** Tells one state of the file from the next. */
  stamp(): Promise<string> {
    return stampOf(this.file);
  }

  /** @throws AuthError, PlatformError, or what the network says. */
  async place(
    { api, org, space }: NonNullable<Spec["target"]> | Record<string, undefined>,
    signal?: AbortSignal,
  ): Promise<Place> {
    const config = await this.#tokens.config();
    if (api !== undefined && !isSameAddress(api, config.api)) throw loggedInElsewhere(api, config);
    const cc = this.#controllerOf(config);
    if (org !== undefined && space !== undefined && !isCurrent({ org, space }, config))
      return { cc, space: await (signal ? cc.until(signal) : cc).space(org, space) };
    if (!config.space)
      throw new AuthError(
        "NoTarget",
        "no space is targeted; run: cf target -o ORG -s SPACE, or set spec.target",
      );
    return { cc, space: config.space };
  }

  close(): void {
    for (const http of this.#https.values()) http.close();
  }

  #controllerOf(config: CfConfig): CloudController {
    const { api, skipVerify } = config;
    const key = `${skipVerify} ${api}`;
    const found = this.#controllers.get(key);
    if (found) return found;
    const controller = new CloudController({ http: this.#httpOf(config), tokens: this.#tokens, api });
    this.#controllers.set(key, controller);
    return controller;
  }

  #httpOf({ skipVerify }: CfConfig): Http {
    const http = this.#https.get(skipVerify) ?? new Http({ skipVerify });
    this.#https.set(skipVerify, http);
    return http;
  }
}

const isCurrent = (wanted: { org: string; space: string }, { org, space }: CfConfig): boolean =>
  org?.name === wanted.org && space?.name === wanted.space;

const isSameAddress = (a: string, b: string): boolean =>
  a.replace(/\/+$/, "").toLowerCase() === b.replace(/\/+$/, "").toLowerCase();

const loggedInElsewhere = (api: string, config: CfConfig): AuthError =>
  new AuthError("NotLoggedIn", `cf is logged in at ${config.api}; log in with: cf login -a ${api}`);

/** The logins of all objects, by file. */
export class Logins {
  readonly #byFile = new Map<string, Login>();

  /** @param cfHome as in the spec, absolute; default: as cf finds it. */
  of(cfHome: string | undefined): Login {
    const file = configFile(cfHome);
    const login = this.#byFile.get(file) ?? new Login(file);
    this.#byFile.set(file, login);
    return login;
  }

  close(): void {
    for (const login of this.#byFile.values()) login.close();
  }
}
