import type { ResourceRef } from "../../apis/transport.ts";
import type { DiscoveredKind } from "../../client/http/index.ts";
import { usageError } from "../cli/errors.ts";
import { didYouMean } from "../cli/suggest.ts";

export type ResourceType = DiscoveredKind;

/** `localprocess.tiltish.dev/web`, as kubectl names an object. */
export const qualifiedName = ({ group, singular }: ResourceType, name: string): string =>
  `${group ? `${singular}.${group}` : singular}/${name}`;

export const versionOf = ({ group, version }: ResourceRef): string =>
  group ? `${group}/${version}` : version;

/** Every kind that is served, in the order of preference. */
export class ResourceTypes {
  readonly all: readonly ResourceType[];

  constructor(all: readonly ResourceType[]) {
    this.all = all;
  }

  /** By plural, singular, kind or short name, each with `.GROUP` or `.VERSION.GROUP` if need be. */
  find(word: string): ResourceType | undefined {
    const wanted = word.toLowerCase();
    return this.all.find((type) => namesOf(type).includes(wanted)) ?? this.#qualified(wanted);
  }

  /** What a word stands for: one kind, or each of a category such as `all`. */
  named(word: string): readonly ResourceType[] {
    const type = this.find(word);
    if (type) return [type];
    const members = this.all.filter((type) => type.categories.includes(word) && type.verbs.includes("list"));
    if (members.length === 0) throw this.unknown(word);
    return members;
  }

  one(word: string): ResourceType {
    const type = this.find(word);
    if (!type) throw this.unknown(word);
    return type;
  }

  of(apiVersion: string, kind: string): ResourceType | undefined {
    return this.all.find((type) => type.kind === kind && versionOf(type) === apiVersion);
  }

  unknown(word: string): Error {
    return usageError(
      `the server has no resource type "${word}"${didYouMean(word, this.all.flatMap(namesOf)) || "; tiltish api-resources lists them"}`,
    );
  }

  #qualified(word: string): ResourceType | undefined {
    const [name, ...rest] = word.split(".");
    const suffix = rest.join(".");
    return this.all.find(
      (type) =>
        namesOf(type).includes(name!) &&
        (suffix === type.group || suffix === `${type.version}.${type.group}`),
    );
  }
}

const namesOf = ({ plural, singular, kind, short }: ResourceType): string[] => [
  plural,
  singular,
  kind.toLowerCase(),
  ...short,
];
