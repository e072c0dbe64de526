/** YAML as kubectl writes it: keys sorted, lists not indented, long lines left whole. */
export async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(value, {
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
    version: "1.1",
  });
}
