import { isIP } from "node:net";
import { EvaluationError } from "../errors.ts";
import { Opaque, type Value } from "../values.ts";
import { type Library, noOverload, textIn } from "./arguments.ts";

/** An address, as a number of 32 or 128 bits. */
export class Ip extends Opaque {
  readonly typeName: string = "net.IP";
  readonly bits: bigint;
  readonly family: 4 | 6;

  constructor(bits: bigint, family: 4 | 6) {
    super();
    this.bits = bits;
    this.family = family;
  }

  get width(): number {
    return this.family === 4 ? 32 : 128;
  }

  equals(other: Opaque): boolean {
    return other instanceof Ip && other.family === this.family && other.bits === this.bits;
  }

  override toString(): string {
    if (this.family === 4) return octets(this.bits, 4, 8).join(".");
    return compressed(octets(this.bits, 8, 16).map((group) => group.toString(16)));
  }
}

export class Cidr extends Opaque {
  readonly typeName = "net.CIDR";
  readonly ip: Ip;
  readonly prefix: number;

  constructor(ip: Ip, prefix: number) {
    super();
    this.ip = ip;
    this.prefix = prefix;
  }

  equals(other: Opaque): boolean {
    return other instanceof Cidr && other.ip.equals(this.ip) && other.prefix === this.prefix;
  }

  has(ip: Ip): boolean {
    const rest = BigInt(this.ip.width - this.prefix);
    return ip.family === this.ip.family && ip.bits >> rest === this.ip.bits >> rest;
  }
}

const octets = (bits: bigint, count: number, width: number): bigint[] =>
  Array.from(
    { length: count },
    (_, i) => (bits >> BigInt((count - 1 - i) * width)) & ((1n << BigInt(width)) - 1n),
  );

/** With the longest run of zeros left out, the first of several. */
function compressed(groups: readonly string[]): string {
  const runs = [...groups.join(":").matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)];
  const longest = runs.toSorted((a, b) => b[0].length - a[0].length)[0];
  if (!longest) return groups.join(":");
  const text = groups.join(":");
  const [before, after] = [text.slice(0, longest.index), text.slice(longest.index + longest[0].length)];
  return `${before.replace(/:$/, "")}::${after.replace(/^:/, "")}`;
}

const groups = (part: string): string[] => part.split(":").filter((group) => group !== "");

/** Undefined for what is none: no zone, and no IPv4 inside of IPv6. */
function parseIp(text: string): Ip | undefined {
  const family = isIP(text);
  if (family === 4) {
    const bits = text.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
    return new Ip(bits, 4);
  }
  if (family !== 6 || text.includes("%") || text.includes(".")) return undefined;
  const [head = "", tail] = text.split("::");
  const [first, last] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  const all = [...first, ...zeros, ...last];
  return new Ip(
    all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n),
    6,
  );
}

function parseCidr(text: string): Cidr | undefined {
  const [address = "", prefix = "", ...rest] = text.split("/");
  const ip = parseIp(address);
  const isPrefix = /^(0|[1-9]\d{0,2})$/.test(prefix) && rest.length === 0;
  return ip && isPrefix && Number(prefix) <= ip.width ? new Cidr(ip, Number(prefix)) : undefined;
}

function ipIn(args: readonly Value[], index: number): Ip {
  const value = args[index];
  if (value instanceof Ip) return value;
  if (typeof value === "string" && index > 0) return orFail(parseIp(value), value);
  throw noOverload(args);
}

function cidrIn(args: readonly Value[], index: number): Cidr {
  const value = args[index];
  if (value instanceof Cidr) return value;
  if (typeof value === "string" && index > 0) return orFail(parseCidr(value), value);
  throw noOverload(args);
}

function orFail<T>(found: T | undefined, text: string): T {
  if (found !== undefined) return found;
  throw new EvaluationError(`network address parse error: ${JSON.stringify(text.slice(0, 60))}`);
}

/** Whether an address is in one of the ranges of its family. */
const within =
  (v4: string, v6: string) =>
  (args: readonly Value[]): boolean => {
    const ip = ipIn(args, 0);
    return parseCidr(ip.family === 4 ? v4 : v6)!.has(ip);
  };

export const isUnspecified = within("0.0.0.0/32", "::/128");
const isLoopback = within("127.0.0.0/8", "::1/128");
const isLinkLocalMulticast = within("224.0.0.0/24", "ff02::/16");
const isLinkLocalUnicast = within("169.254.0.0/16", "fe80::/10");
const isMulticast = within("224.0.0.0/4", "ff00::/8");
const isBroadcast = within("255.255.255.255/32", "::/128");

export const NETWORK: Library = {
  ip: (args) => (args[0] instanceof Cidr ? args[0].ip : orFail(parseIp(textIn(args, 0)), textIn(args, 0))),
  isIP: (args) => parseIp(textIn(args, 0)) !== undefined,
  "ip.isCanonical": (args) => String(orFail(parseIp(textIn(args, 0)), textIn(args, 0))) === args[0],
  family: (args) => BigInt(ipIn(args, 0).family),
  isUnspecified,
  isLoopback,
  isLinkLocalMulticast,
  isLinkLocalUnicast,
  isGlobalUnicast: (args) =>
    ![isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast, isBroadcast].some((is) => is(args)),
  cidr: (args) => orFail(parseCidr(textIn(args, 0)), textIn(args, 0)),
  isCIDR: (args) => parseCidr(textIn(args, 0)) !== undefined,
  containsIP: (args) => cidrIn(args, 0).has(ipIn(args, 1)),
  containsCIDR(args) {
    const [outer, inner] = [cidrIn(args, 0), cidrIn(args, 1)];
    return inner.prefix >= outer.prefix && outer.has(inner.ip);
  },
  prefixLength: (args) => BigInt(cidrIn(args, 0).prefix),
  masked(args) {
    const { ip, prefix } = cidrIn(args, 0);
    const rest = BigInt(ip.width - prefix);
    return new Cidr(new Ip((ip.bits >> rest) << rest, ip.family), prefix);
  },
};
