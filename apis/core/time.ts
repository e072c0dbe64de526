import { MicroTime } from "../meta.ts";

/** `metav1.MicroTime`: typed clients read exactly six digits, and no list in which one has another number. */
export const ExactMicroTime = (options: object) =>
  MicroTime({ pattern: String.raw`\.\d{6}(Z|[+-]\d\d:\d\d)$`, ...options });
