import { usageError } from "../cli/errors.ts";
import { out } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { connect } from "../connect/session.ts";
import { explainText } from "../explain/text.ts";
import { documentFor } from "../explain/schema.ts";

/** `tiltish explain TYPE[.FIELD…]`: from what the server says about its kinds. */
export async function run({ options, args }: Invocation): Promise<void> {
  if (args.length !== 1) throw usageError("explain what? Give TYPE or TYPE.FIELD, such as lp.spec.stop");
  const [word = "", ...fields] = args[0]!.split(".");
  const session = await connect(options);
  const types = await session.types();
  const version = options.text("api-version");
  const named = types.one(word);
  const type = version === undefined ? named : types.of(version, named.kind);
  if (!type) throw usageError(`${named.kind} is not served as ${version}`);
  const document = await documentFor(session, type);
  out(explainText(type, document, { fields, recursive: options.flag("recursive") }));
}
