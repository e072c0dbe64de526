export { attributesOf, resourceAttributesOf, type Attributes } from "./attributes.ts";
export { createAuthority, type Authority } from "./authority.ts";
export { assertAllowed } from "./forbidden.ts";
export { ANONYMOUS, FULL, type Identity } from "./identity.ts";
export { TokenDirectory } from "./tokens/index.ts";
export { findReview, type Review } from "./reviews/index.ts";
