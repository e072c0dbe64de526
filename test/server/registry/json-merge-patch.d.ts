/** The package brings no types of its own. */
declare module "json-merge-patch" {
  /** RFC 7396. Changes `target` in place where it can, and gives the result. */
  export function apply(target: object, patch: object): unknown;
}
