export type RuleNumber = number | "6a";

/** How much depends on a rule: what a client cannot do without, what people see, or only whether it is known. */
export type Level = "MUST" | "SHOULD" | "MAY" | "seen" | "read" | "seen, read" | "own";

export interface Rule {
  number: RuleNumber;
  /**
   * MUST: a common client breaks without it. SHOULD: a user sees it. MAY: harmless either way. Rules without such a
   * word say where they are known from: seen on a real API server, read in its source, or our own.
   */
  level: Level;
  /** What it is about, in a few words. */
  title: string;
}

interface Section {
  title: string;
  rules: readonly Rule[];
}

const of = (number: RuleNumber, level: Level, title: string): Rule => ({ number, level, title });

/** The rules of the API that this suite tests, in the order of the contract. */
export const SECTIONS: readonly Section[] = [
  {
    title: "Discovery",
    rules: [
      of(1, "MUST", "`/api` and `/apis` list the versions and the groups"),
      of(2, "MUST", "`/apis/GROUP`, `/apis/GROUP/VERSION` and `/api/v1`"),
      of(3, "MUST", "what an entry of a resource says; subresources are entries"),
      of(4, "MUST", "aggregated discovery, and its Content-Type"),
      of(5, "seen", "the shape of aggregated discovery"),
      of(6, "seen", "aggregated discovery has an ETag"),
      of("6a", "MUST", "the version `v1` of the core group is always there"),
      of(7, "MUST", "plain discovery for who does not ask for more"),
      of(8, "seen", "`/` lists the paths"),
      of(9, "seen", "what does not exist is 404"),
    ],
  },
  {
    title: "OpenAPI",
    rules: [
      of(10, "seen", "`/openapi/v3` and its documents, JSON and protobuf"),
      of(11, "seen", "documents are cached for ever by their hash"),
      of(12, "read", "what kubectl looks for in them"),
      of(13, "MUST", "group, version and kind of schemas and operations; parameters of PATCH"),
      of(14, "MUST", "the kinds of patch of a custom type"),
      of(15, "SHOULD", "descriptions, list types, ObjectMeta"),
      of(16, "MUST", "`/openapi/v2`, JSON and protobuf"),
    ],
  },
  {
    title: "Version, health, connection",
    rules: [
      of(17, "seen", "`/version` is a semantic version"),
      of(18, "seen", "`/healthz`, `/livez`, `/readyz`"),
      of(19, "MUST", "HTTPS, where a token is wanted"),
      of(20, "SHOULD", "HTTP/2 by ALPN; keep-alive after errors"),
      of(21, "seen", "chunked bodies"),
      of(22, "seen", "Audit-Id and Cache-Control"),
      of(23, "seen, read", "bodies and patches that are too large"),
      of(24, "seen", "gzip of large answers"),
      of(25, "seen", "pretty JSON for people"),
      of(26, "seen", "HEAD and OPTIONS"),
      of(27, "seen", "unknown and malformed query parameters"),
      of(28, "seen", "parameters of a media type"),
    ],
  },
  {
    title: "Errors",
    rules: [
      of(29, "MUST", "every error is a Status"),
      of(30, "seen", "reason and details of each error"),
      of(31, "seen", "causes of what is invalid"),
      of(32, "seen", "JSON patches that fail, and those that are none"),
      of(33, "seen", "what kubectl prints"),
    ],
  },
  {
    title: "Content negotiation",
    rules: [
      of(34, "seen", "bodies in JSON and YAML"),
      of(35, "seen", "answers in JSON and YAML; watches in JSON"),
      of(36, "MUST", "protobuf bodies of built-in types"),
      of(37, "SHOULD", "no protobuf for custom types"),
      of(38, "MUST", "tables"),
      of(39, "seen", "objects in the rows of a table"),
      of(40, "seen", "errors of who wants a table"),
      of(41, "seen", "only the metadata"),
    ],
  },
  {
    title: "Create",
    rules: [
      of(42, "seen", "the metadata that the server sets"),
      of(43, "seen", "built-in types without a generation"),
      of(44, "seen", "a resourceVersion in a create"),
      of(45, "seen", "names"),
      of(46, "seen, read", "generateName"),
      of(47, "seen", "apiVersion, kind and namespace of the body"),
      of(48, "seen, read", "namespaces that are not there"),
      of(49, "seen", "labels, annotations, finalizers, owner references"),
      of(50, "seen", "fields of a wrong type"),
    ],
  },
  {
    title: "Update",
    rules: [
      of(51, "seen", "PUT replaces, and compares the resourceVersion"),
      of(52, "seen", "PUT without a resourceVersion"),
      of(53, "seen", "identity in the body of a PUT"),
      of(54, "seen", "when the generation counts"),
      of(55, "MUST", "what changes nothing writes nothing"),
      of(56, "seen", "one counter of revisions"),
      of(57, "seen", "read your writes"),
    ],
  },
  {
    title: "Status subresource",
    rules: [
      of(58, "seen", "what each path may change"),
      of(59, "seen", "what `/status` can do"),
      of(60, "seen", "conditions of several appliers"),
    ],
  },
  {
    title: "Patch",
    rules: [
      of(61, "seen", "JSON patch and merge patch"),
      of(62, "MUST", "strategic merge patch of built-in types"),
      of(63, "seen", "patches do not conflict"),
      of(64, "seen", "patches are atomic"),
      of(65, "seen", "strict decoding of what was patched"),
    ],
  },
  {
    title: "Server-side apply and managedFields",
    rules: [
      of(66, "seen", "what an apply must say"),
      of(67, "seen", "managedFields in an applied body"),
      of(68, "seen", "entries of managedFields"),
      of(69, "seen", "how an apply merges"),
      of(70, "seen", "conflicts"),
      of(71, "seen", "ownership of what is not applied"),
      of(72, "seen", "clearing managedFields; the upgrade from client-side apply"),
      of(73, "seen", "fields that the schema does not have"),
    ],
  },
  {
    title: "dryRun and fieldValidation",
    rules: [of(74, "seen", "dryRun"), of(75, "seen", "fieldValidation"), of(76, "seen", "pruning")],
  },
  {
    title: "List",
    rules: [
      of(77, "seen", "the shape of a list, and its order"),
      of(78, "seen", "resourceVersion of a list"),
      of(79, "seen, read", "pages of one snapshot"),
      of(80, "seen", "remainingItemCount"),
      of(81, "seen", "selectors"),
      of(82, "seen", "fields of events"),
      of(83, "seen", "all namespaces"),
    ],
  },
  {
    title: "Watch",
    rules: [
      of(84, "seen", "headers at once, one document on each line"),
      of(85, "seen", "from the present state, or from a revision"),
      of(86, "seen", "revisions of events"),
      of(87, "seen", "finalizers and status in a watch"),
      of(88, "seen", "selectors of a watch"),
      of(89, "seen", "revisions that are not there"),
      of(90, "seen, read", "the end of a watch"),
      of(91, "seen", "bookmarks"),
      of(92, "seen", "WatchList"),
      of(93, "seen", "options of WatchList that do not go together"),
      of(94, "seen", "tables in a watch"),
      of(95, "seen, read", "WebSocket"),
      of(96, "seen", "slow readers"),
      of(97, "read", "what an informer relies on"),
      of(98, "MAY", "watch paths of old"),
    ],
  },
  {
    title: "Delete, finalizers, garbage collection",
    rules: [
      of(99, "seen", "what a DELETE answers"),
      of(100, "seen", "DeleteOptions"),
      of(101, "seen", "finalizers"),
      of(102, "seen", "propagation"),
      of(103, "seen, read", "whom the collector takes"),
      of(104, "seen", "deletion of collections"),
      of(105, "seen", "a name that is used again"),
    ],
  },
  {
    title: "Built-ins and reviews that tools expect",
    rules: [
      of(106, "seen", "Lease"),
      of(107, "seen, read", "Events of both groups"),
      of(108, "seen, read", "Namespaces and services"),
      of(109, "seen, read", "reviews of oneself"),
      of(110, "SHOULD", "CustomResourceDefinitions"),
      of(111, "seen", "columns of built-in types"),
    ],
  },
  {
    title: "Authentication, authorization",
    rules: [
      of(112, "seen", "tokens"),
      of(113, "seen", "what is forbidden; impersonation"),
      of(114, "own", "Host and Origin"),
    ],
  },
  { title: "The order of checks", rules: [of(115, "read", "the order of checks that clients can observe")] },
];

export const RULES: readonly Rule[] = SECTIONS.flatMap(({ rules }) => rules);
