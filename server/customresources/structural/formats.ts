import { isIPv4, isIPv6 } from "node:net";
import { formats as own } from "../../admission/formats.ts";

type Format = (text: string) => boolean;

const matches =
  (pattern: RegExp): Format =>
  (text) =>
    text.length <= MAX_LENGTH && pattern.test(text);

/** Far beyond all of them but base64. */
const MAX_LENGTH = 4096;
const GO_DURATION = /^[+-]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;
/** As people write them: `3 days`. */
const WORDED_DURATION =
  /^\s*\d+(\.\d+)?\s*(ns|nano(s|seconds?)?|us|µs|micro(s|seconds?)?|ms|milli(s|seconds?)?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)\s*$/i;
const MAX_EMAIL = 320;
const isEmail = /^[^\s@<>"(),:;[\]\\]+@[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?$/;
const LABEL = /^[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/;
const uuid = (version: string) =>
  matches(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$`, "i"));

/** The formats of strings that Kubernetes knows; others are not looked at. */
export const formats: Readonly<Record<string, Format>> = {
  byte: own["byte"]!,
  password: () => true,
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && own["date-time"]!(`${text}T00:00:00Z`),
  "date-time": (text) => own["date-time"]!(text.toUpperCase().replace(/(\.\d{9})\d+/, "$1")),
  datetime: (text) => own["date-time"]!(text.toUpperCase().replace(/(\.\d{9})\d+/, "$1")),
  duration: (text) => text.length <= MAX_LENGTH && (GO_DURATION.test(text) || WORDED_DURATION.test(text)),
  ipv4: isIPv4,
  ipv6: (text) => isIPv6(text) && !text.includes("%"),
  cidr: isCidr,
  uri: isUri,
  email: (text) => text.length <= MAX_EMAIL && isEmail.test(text),
  hostname: (text) => text.length <= 255 && text.replace(/\.$/, "").split(".").every(isLabel),
  mac: matches(/^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4,6}[0-9a-f]{2}|([0-9a-f]{4}\.){2,3}[0-9a-f]{4})$/i),
  uuid: uuid("[0-9a-f]"),
  uuid3: uuid("3"),
  uuid4: uuid("4"),
  uuid5: uuid("5"),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: matches(
    /^(4\d{12}(\d{3})?|5[1-5]\d{14}|6(011|5\d\d)\d{12}|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11}|(2131|1800|35\d{3})\d{11})$/,
  ),
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matches(/^#?([0-9a-f]{3}|[0-9a-f]{6})$/i),
  rgbcolor: isRgb,
  bsonobjectid: matches(/^[0-9a-f]{24}$/i),
  "k8s-short-name": (text) => text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text),
  "k8s-long-name": (text) =>
    text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text),
};

function isLabel(text: string): boolean {
  return LABEL.test(text);
}

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(bits)) return false;
  return isIPv4(address) ? Number(bits) <= 32 : isIPv6(address) && Number(bits) <= 128;
}

/** Absolute, or a path from the root. */
function isUri(text: string): boolean {
  // oxlint-disable-next-line eslint/no-control-regex -- these are what is refused
  if (text.length > MAX_LENGTH * 16 || /[\u0000-\u0020\u007f]/.test(text)) return false;
  return text.startsWith("/") || (/^[a-zA-Z][-a-zA-Z0-9+.]*:/.test(text) && URL.canParse(text));
}

const digitsOf = (text: string): string => text.replaceAll(/[\s-]/g, "");

function isIsbn10(text: string): boolean {
  const digits = digitsOf(text.slice(0, 32));
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = Array.from(digits).reduce(
    (total, digit, i) => total + (10 - i) * (digit === "X" ? 10 : Number(digit)),
    0,
  );
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = digitsOf(text.slice(0, 32));
  if (!/^\d{13}$/.test(digits)) return false;
  return (
    Array.from(digits).reduce((total, digit, i) => total + (i % 2 ? 3 : 1) * Number(digit), 0) % 10 === 0
  );
}

function isRgb(text: string): boolean {
  const parts = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(text.slice(0, 64));
  return parts !== null && parts.slice(1).every((part) => Number(part) <= 255);
}
