import { CliError, EXIT } from "../cli/errors.ts";

/** Something that is wrong in a file, and where. */
export interface Problem {
  /** As its user named it; `stdin` for `-`. */
  file: string;
  line: number;
  column: number;
  /** Path of the field, such as `spec.argv[0]`. */
  field?: string;
  message: string;
}

/** `tiltish.yaml:9:7 spec.serve.enviroment: unknown field, did you mean "env"?` */
export const lineOf = ({ file, line, column, field, message }: Problem): string =>
  `${file}:${line}:${column} ${field ? `${field}: ` : ""}${message}`;

/** All that is wrong at once; what was wrong twice is told once. */
export function invalidManifest(problems: readonly Problem[]): CliError {
  const ordered = problems.toSorted((a, b) =>
    a.file === b.file ? a.line - b.line || a.column - b.column : 0,
  );
  return new CliError([...new Set(ordered.map(lineOf))].join("\n"), EXIT.usage);
}
