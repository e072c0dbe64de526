export { type BuiltImage, injectImages } from "./images.ts";
export {
  APPLIED_ANNOTATION,
  hashOf,
  mark,
  type Owner,
  OWNER_ANNOTATION,
  ownerFor,
  RESOURCE_LABEL,
  TEMPLATE_LABEL,
  templateHashes,
} from "./marks.ts";
export { inOrder } from "./order.ts";
export { type Manifest, parseManifests } from "./parse.ts";
export { readSources, type Source } from "./read.ts";
export { withoutSecrets } from "./secrets.ts";
export { makesPods, podTemplatesIn } from "./templates.ts";
