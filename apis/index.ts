import { CustomResourceDefinition } from "./apiextensions/index.ts";
import { CORE_KINDS } from "./core/index.ts";
import type { Kind } from "./kind.ts";
import { KINDS } from "./v1alpha1/index.ts";
import { VIEWS } from "./views/index.ts";

/** Every kind that is stored. */
export const STORED_KINDS: readonly Kind[] = [...CORE_KINDS, CustomResourceDefinition, ...KINDS];

/** Every kind that is served from the start. */
export const ALL_KINDS: readonly Kind[] = [...STORED_KINDS, ...VIEWS];
