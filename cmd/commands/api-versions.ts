import { outLine } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { connect } from "../connect/session.ts";
import { versionOf } from "../resources/types.ts";

/** `tiltish api-versions`. */
export async function run({ options }: Invocation): Promise<void> {
  const session = await connect(options);
  const { all } = await session.types();
  for (const version of [...new Set(all.map(versionOf))].toSorted()) outLine(version);
}
