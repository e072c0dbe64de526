import type { NamespacedName } from "../../apis/meta.ts";
import type { LocalProcess, LocalProcessSpec } from "../../apis/v1alpha1/index.ts";
import { keyOf, nameOf } from "../../client/index.ts";
import { isFinished, type Executed } from "./due.ts";
import { holdOf, type Hold } from "./requests.ts";

/** What this server has ordered for one object. What must survive it is in the status. */
export interface Memory {
  name: NamespacedName;
  uid: string;
  restartOn: LocalProcessSpec["restartOn"];
  /** Undefined until it has been ordered for the first time. */
  executed?: Executed;
  /** The generation that was last compared with what runs. */
  generation?: number;
  /** The trigger that the last order took in. */
  trigger?: string;
  /** Times of the newest file event, and of the newest run of a dependency, that an order took in. */
  fileTime?: string;
  dependencyTime?: string;
  /** What keeps it from running although it could. */
  hold?: Hold;
  /** What was told last of what a due run waits for. */
  waitsFor?: string;
  /** It was disabled since the last order. */
  wasDisabled: boolean;
  /** The generation for which the status says that it is disabled. */
  toldDisabled?: number;
}

/** The memories of all objects. */
export class Memories {
  readonly #byName = new Map<string, Memory>();

  /** A memory of an object of that name that is gone says nothing about this one. */
  of(object: LocalProcess): Memory {
    const key = keyOf(nameOf(object));
    const uid = object.metadata.uid ?? "";
    const found = this.#byName.get(key);
    const memory = found?.uid === uid ? found : firstMemory(object, uid);
    memory.restartOn = object.spec.restartOn;
    this.#byName.set(key, memory);
    return memory;
  }

  forget(name: NamespacedName): void {
    this.#byName.delete(keyOf(name));
  }

  values(): Memory[] {
    return [...this.#byName.values()];
  }
}

/** What the status tells of the time before this server. */
function firstMemory(object: LocalProcess, uid: string): Memory {
  const { status, spec, metadata } = object;
  return {
    name: nameOf(object),
    uid,
    restartOn: spec.restartOn,
    trigger: status?.observedTrigger,
    hold: holdOf(object),
    wasDisabled: status?.state === "Disabled",
    ...(isFinished(object) && { generation: metadata.generation }),
    ...(status?.cause?.type === "FileChange" && { fileTime: status.cause.time }),
  };
}
