import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Platform, Uaa } from "./foundation/index.ts";

/** Writes what cf would have after `cf login`: version 4 of its configuration. @returns the file. */
export async function writeLogin(
  cfHome: string,
  {
    url,
    platform,
    uaa,
    user,
    more,
  }: { url: string; platform: Platform; uaa: Uaa; user: string; more: object },
): Promise<string> {
  const { access_token: access, refresh_token: refresh } = uaa.issue(user);
  const { organization, space } = platform;
  const config = {
    AccessToken: `bearer ${access}`,
    APIVersion: "3.180.0",
    AsyncTimeout: 0,
    AuthorizationEndpoint: url,
    CFOnK8s: { Enabled: false, AuthInfo: "" },
    ColorEnabled: "",
    ConfigVersion: 4,
    DopplerEndPoint: "",
    Locale: "",
    LogCacheEndPoint: url,
    MinCLIVersion: "",
    MinRecommendedCLIVersion: "",
    NetworkPolicyV1Endpoint: "",
    OrganizationFields: { GUID: organization.guid, Name: organization.name },
    PluginRepos: [],
    RefreshToken: refresh,
    RoutingAPIEndpoint: "",
    SpaceFields: { GUID: space.guid, Name: space.name, AllowSSH: true },
    SSHOAuthClient: "ssh-proxy",
    SSLDisabled: true,
    Target: url,
    Trace: "",
    UaaEndpoint: url,
    UAAGrantType: "",
    UAAOAuthClient: "cf",
    UAAOAuthClientSecret: "",
    ...more,
  };
  const file = join(cfHome, ".cf/config.json");
  await mkdir(join(cfHome, ".cf"), { recursive: true });
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
  return file;
}
