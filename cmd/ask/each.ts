import type { KubeObject } from "../../apis/meta.ts";
import { EXIT } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import { verdictOf } from "../cli/report.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Session } from "../connect/session.ts";
import type { NamedObject } from "../resources/runnable.ts";
import { qualifiedName } from "../resources/types.ts";

/** What became of one. */
export interface Outcome {
  text: string;
  /** With the request on it, if there was one. */
  asked?: KubeObject;
}

export type Act = (session: Session, named: NamedObject) => Promise<Outcome>;

export interface Done {
  asked: { type: NamedObject["type"]; object: KubeObject }[];
  exitCode: number;
}

/** Does the same to each, and says what came of it. What fails does not keep the others from it. */
export async function doToEach(session: Session, all: readonly NamedObject[], act: Act): Promise<Done> {
  const done: Done = { asked: [], exitCode: EXIT.ok };
  for (const named of all) {
    try {
      const { text, asked } = await act(session, named);
      outLine(`${qualifiedName(named.type, named.object.metadata.name)} ${sanitize(text)}`);
      if (asked) done.asked.push({ type: named.type, object: asked });
    } catch (error) {
      const { message, exitCode } = verdictOf(error);
      // Whatever is wrong with the server is wrong with it for the others, too.
      if (exitCode === EXIT.noSession) throw error;
      say(sanitize(message));
      done.exitCode = exitCode;
    }
  }
  return done;
}
