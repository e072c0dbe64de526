/** Versions of the two formats, as documents name them. */
export const OPENAPI = "3.0.0";
export const SWAGGER = "2.0";

export interface Info {
  readonly title: string;
  readonly version: string;
}

/** What a document is put together from. The entries are bytes in the form of the document. */
export interface DocumentParts {
  readonly info: Info;
  readonly paths: readonly Buffer[];
  readonly schemas: readonly Buffer[];
}
