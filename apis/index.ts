import { CustomResourceDefinition } from "./apiextensions/index.ts";
import { CORE_KINDS } from "./core/index.ts";
import type { Kind } from "./kind.ts";
import { KINDS } from "./v1alpha1/index.ts";

/** Every kind that is served. */
export const ALL_KINDS: readonly Kind[] = [...CORE_KINDS, CustomResourceDefinition, ...KINDS];
