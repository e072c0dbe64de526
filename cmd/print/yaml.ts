import { stringify } from "yaml";

/** YAML as kubectl writes it: keys sorted, lists not indented, long lines left whole. */
export const toYaml = (value: unknown): string =>
  stringify(value, {
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
    version: "1.1",
  });
