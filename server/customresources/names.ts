import {
  type CustomResourceDefinition,
  CustomResourceDefinition as Definition,
  isTrue,
} from "../../apis/apiextensions/index.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { ObjectKey, Store, Stored } from "../storage/index.ts";
import { settled, takenBeside } from "./definition/settle.ts";

/**
 * Gives definitions the names that have become free: a definition that was refused a name is served as soon as the one
 * that has it goes. Names that are free are given in the write that asks for them.
 */
export function keepNamesSettled(store: Store): void {
  const settleAll = () => {
    for (const stored of store.list(Definition)) settle(store, stored);
  };
  store.subscribe(Definition, (events) => {
    if (events.some(({ type, previous }) => type === "DELETED" || previous !== undefined)) settleAll();
  });
  settleAll();
}

function settle(store: Store, { key, object }: Stored): void {
  const definition = object as unknown as CustomResourceDefinition;
  if (isTrue(definition, "NamesAccepted")) return;
  if (settled(definition, takenBeside(store, definition)) !== definition) void write(store, key);
}

/** What is in the way of writing, such as a full disk, is in the way of all writes, and told to whoever makes one. */
async function write(store: Store, key: ObjectKey): Promise<void> {
  const decide = (current: KubeObject | undefined) => {
    if (!current) return "unchanged" as const;
    const definition = current as unknown as CustomResourceDefinition;
    const next = settled(definition, takenBeside(store, definition));
    return next === definition ? ("unchanged" as const) : { put: next as unknown as KubeObject };
  };
  await store.write(key, decide).catch(() => undefined);
}
