/** Why a path is left out. */
export type RejectReason =
  /** A link that leads out of the root, or an absolute one. */
  | "EscapesRoot"
  /** It could not be read. */
  | "Unreadable"
  /** A socket, a pipe or a device. */
  | "NotAFile"
  /** It is larger than `limits.maxFile`. */
  | "TooLarge"
  /** A name that is no UTF-8, or that the other side cannot have. */
  | "BadName"
  /** Its name differs from another one only in case, or in how its accents are written. */
  | "NameCollision"
  /** There is a directory in its place, with files that are not ours to delete. */
  | "InTheWay";

/** A path that is left out, while all others go on. */
export interface Rejected {
  readonly path: string;
  readonly reason: RejectReason;
  /** For people: what exactly, and what to do. */
  readonly message: string;
}
