import { type Element, parseElement, printElement } from "./element.ts";
import { isEqual } from "./json.ts";

/**
 * A set of paths, in the very form in which FieldsV1 stores it: a tree with an entry for each element.
 *
 * A path is in the set if its node is empty or has the entry `.`; other nodes are only on the way to paths below.
 * Sets are never changed. What an operation leaves as it was is the same object, so that it is found out at once.
 */
export interface FieldSet {
  readonly [element: Element]: FieldSet;
}

export type Path = readonly Element[];

export const NOTHING: FieldSet = Object.freeze({});
const SELF = ".";
/** A node that is in the set, written out. */
const MEMBER: FieldSet = Object.freeze({ [SELF]: NOTHING });

export function isEmpty(set: FieldSet): boolean {
  if (set === NOTHING) return true;
  for (const _ in set) return false;
  return true;
}

/** Whether the path to this node is in the set. */
export const isMember = (node: FieldSet): boolean => SELF in node || isEmpty(node);

/** The node with its own path in the set. */
export const asMember = (node: FieldSet): FieldSet => (isMember(node) ? node : { [SELF]: NOTHING, ...node });

/** The elements below a node. */
export const elementsOf = (node: FieldSet): Element[] => Object.keys(node).filter((key) => key !== SELF);

/** The set of these paths; the empty path is in none. */
export function setOf(...paths: Path[]): FieldSet {
  return paths.reduce((set, path) => (path.length ? union(set, branchOf(path)) : set), NOTHING);
}

const branchOf = (path: Path): FieldSet =>
  path.toReversed().reduce<FieldSet>((below, element) => ({ [element]: below }), NOTHING);

export function has(set: FieldSet, path: Path): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) node = node?.[element];
  return path.length > 0 && node !== undefined && isMember(node);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  const changed: Record<Element, FieldSet> = {};
  for (const element of Object.keys(b)) {
    const [own, node] = [a[element], b[element]!];
    const both = own === undefined ? node : unionOfNodes(own, node);
    if (both !== own) changed[element] = both;
  }
  return isEmpty(changed) ? a : { ...a, ...changed };
}

/** By halves, so that many small sets are not copied into a large one each. */
export function unionOfAll(sets: readonly FieldSet[]): FieldSet {
  if (sets.length <= 1) return sets[0] ?? NOTHING;
  const half = sets.length >> 1;
  return union(unionOfAll(sets.slice(0, half)), unionOfAll(sets.slice(half)));
}

const unionOfNodes = (a: FieldSet, b: FieldSet): FieldSet =>
  folded(a, union(unfolded(a), unfolded(b))) ?? NOTHING;

/** The paths of `a` that are not in `b`. What is below a path of `b` stays. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet =>
  without(a, b, (own, other) => folded(own, difference(unfolded(own), unfolded(other))));

/** The paths of `a` that are neither in `b` nor below a path of it. */
export const recursiveDifference = (a: FieldSet, b: FieldSet): FieldSet =>
  without(a, b, (own, other) => (isMember(other) ? undefined : folded(own, recursiveDifference(own, other))));

/** @param rest what is left of a node that both have; undefined if nothing is. */
function without(
  a: FieldSet,
  b: FieldSet,
  rest: (own: FieldSet, other: FieldSet) => FieldSet | undefined,
): FieldSet {
  const left: Record<Element, FieldSet> = {};
  let isChanged = false;
  // Over `a` and not over `b`: many may own little of an object of which much has changed.
  for (const element of Object.keys(a)) {
    const [own, other] = [a[element]!, b[element]];
    const node = other ? (element === SELF ? undefined : rest(own, other)) : own;
    if (node) left[element] = node;
    isChanged ||= node !== own;
  }
  return isChanged ? left : a;
}

/** The paths that are in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const common: Record<Element, FieldSet> = {};
  for (const element of Object.keys(a)) {
    const [own, other] = [a[element]!, b[element]];
    if (other === undefined) continue;
    const node = element === SELF ? own : folded(own, intersection(unfolded(own), unfolded(other)));
    if (node) common[element] = node;
  }
  return common;
}

/** A node whose own path is in the set says so by an entry of its own. */
const unfolded = (node: FieldSet): FieldSet => (isEmpty(node) ? MEMBER : node);

/** The node as FieldsV1 has it; undefined if no path goes through it. `original` if nothing has changed. */
function folded(original: FieldSet, node: FieldSet): FieldSet | undefined {
  if (node === original || (node === MEMBER && isEmpty(original))) return original;
  if (isEmpty(node)) return undefined;
  return SELF in node && elementsOf(node).length === 0 ? NOTHING : node;
}

/** Every path: those of a level in order, then what is below them, as Kubernetes lists conflicts. */
export function* pathsOf(set: FieldSet, above: Path = []): Generator<Path, void, void> {
  const elements = elementsOf(set).toSorted();
  for (const element of elements) if (isMember(set[element]!)) yield [...above, element];
  for (const element of elements) yield* pathsOf(set[element]!, [...above, element]);
}

/** As Kubernetes prints it: `.spec.ports[name="http"].port`. */
export const printPath = (path: Path): string => path.map(printElement).join("");

export const isSame = (a: FieldSet, b: FieldSet): boolean => isEqual(a, b);

/** The same set with its elements in order. */
export function sorted(set: FieldSet): FieldSet {
  const elements = Object.keys(set);
  const inOrder = elements.every((element, i) => i === 0 || elements[i - 1]! < element)
    ? elements
    : elements.toSorted();
  const result: Record<Element, FieldSet> = {};
  let isAsBefore = inOrder === elements;
  for (const element of inOrder) {
    const node = sorted(set[element]!);
    result[element] = node;
    isAsBefore &&= node === set[element];
  }
  return isAsBefore ? set : result;
}

/**
 * The set that a client sent, in order and in one way of writing; undefined if it is none.
 *
 * Elements of a form that is not known are passed over: a later format may have them.
 */
export function parseFieldSet(sent: unknown): FieldSet | undefined {
  if (typeof sent !== "object" || sent === null || Array.isArray(sent)) return undefined;
  const set: Record<Element, FieldSet> = {};
  for (const [key, below] of Object.entries(sent)) {
    const node = key === SELF ? undefined : parseNode(below);
    if (node === null) return undefined;
    const element = parseElement(key);
    if (node === undefined || element === undefined) continue;
    const twin = set[element];
    set[element] = twin ? unionOfNodes(twin, node) : node;
  }
  return sorted(set);
}

/** Undefined for a node through which no path goes that is known; null for what is no node. */
function parseNode(sent: unknown): FieldSet | null | undefined {
  const set = parseFieldSet(sent);
  if (!set) return null;
  const keys = Object.keys(sent as object);
  if (keys.length === 0 || keys.includes(SELF)) return isEmpty(set) ? NOTHING : asMember(set);
  return isEmpty(set) ? undefined : set;
}
