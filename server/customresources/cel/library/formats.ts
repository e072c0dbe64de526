import { formats } from "../../structural/formats.ts";
import { Opaque, Optional, type Value } from "../values.ts";
import { type Library, noOverload, textIn } from "./arguments.ts";

type Check = (text: string) => boolean;

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const label: Check = (text) => text.length <= 63 && new RegExp(`^${LABEL}$`).test(text);
const subdomain: Check = (text) => text.length <= 253 && new RegExp(`^${LABEL}(\\.${LABEL})*$`).test(text);
const label1035: Check = (text) => text.length <= 63 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(text);
const labelValue: Check = (text) =>
  text.length <= 63 && /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(text);

/** A start of a name that is completed later may end in a hyphen. */
const prefixOf =
  (check: Check): Check =>
  (text) =>
    check(text.replace(/-$/, "a"));

function qualifiedName(text: string): boolean {
  const [first = "", second, ...others] = text.split("/");
  if (others.length > 0) return false;
  const name = second ?? first;
  return name !== "" && labelValue(name) && (second === undefined || subdomain(first));
}

const CHECKS: Readonly<Record<string, Check>> = {
  dns1123Label: label,
  dns1123Subdomain: subdomain,
  dns1035Label: label1035,
  qualifiedName,
  dns1123LabelPrefix: prefixOf(label),
  dns1123SubdomainPrefix: prefixOf(subdomain),
  dns1035LabelPrefix: prefixOf(label1035),
  labelValue,
  uri: formats["uri"]!,
  uuid: formats["uuid"]!,
  byte: formats["byte"]!,
  date: formats["date"]!,
  datetime: formats["date-time"]!,
};

export class NamedFormat extends Opaque {
  readonly typeName = "kubernetes.NamedFormat";
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  equals(other: Opaque): boolean {
    return other instanceof NamedFormat && other.name === this.name;
  }
}

/** What is wrong with a text, as a list; nothing if it fits. */
function validate(args: readonly Value[]): Value {
  const [format] = args;
  if (!(format instanceof NamedFormat)) throw noOverload(args);
  return CHECKS[format.name]!(textIn(args, 1)) ? Optional.NONE : new Optional([`must be a ${format.name}`]);
}

export const FORMATS: Library = {
  ...Object.fromEntries(Object.keys(CHECKS).map((name) => [`format.${name}`, () => new NamedFormat(name)])),
  "format.named": (args) => {
    const name = textIn(args, 0);
    return Object.hasOwn(CHECKS, name) ? new Optional(new NamedFormat(name)) : Optional.NONE;
  },
  validate,
};
