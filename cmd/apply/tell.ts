import { outLine, out } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import { printerOf, type Typed } from "../print/objects.ts";
import { qualifiedName } from "../resources/types.ts";

/** Tells what became of each object: a line for each, or with `-o` the objects themselves. */
export interface Teller {
  tell(item: Typed, verb: string): void;
  /** To be called once, at the end. */
  end(): Promise<void>;
}

export async function tellerFor(options: Options): Promise<Teller> {
  const printer = await printerOf(options.text("output") ?? "");
  const items: Typed[] = [];
  if (!printer) {
    return {
      tell: ({ type, object }, verb) => outLine(`${qualifiedName(type, object.metadata.name)} ${verb}`),
      end: () => Promise.resolve(),
    };
  }
  return {
    tell: (item) => void items.push(item),
    end: async () => {
      if (items.length) out(await printer(items, items.length === 1));
    },
  };
}
