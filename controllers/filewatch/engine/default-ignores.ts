/** What `spec.defaultIgnores` leaves out, by the name of a file or directory. One expression, for speed. */
const NAMES = [
  "\\.git",
  "\\.hg",
  "\\.svn",
  "\\.jj",
  "\\.idea",
  "\\.DS_Store",
  "node_modules",
  "__pycache__",
  "4913", // vim tries whether it may create files
  "\\..*\\.sw[a-z]", // vim
  ".*~", // vim, emacs, gedit
  "#.*#", // emacs
  "\\.#.*", // emacs
  ".*___jb_(?:tmp|old|bak)___", // JetBrains
  "\\..*\\.kate-swp",
  "\\.goutputstream-.*", // GLib
  "\\.~lock\\..*#", // LibreOffice
  ".*\\.crswap", // Chrome
  ".*-go-tmp-umask", // go
];

const DEFAULT = new RegExp(`^(?:${NAMES.join("|")})$`);
const NONE: readonly string[] = [];

/** Files come directory by directory, 100,000 of them: what is above them is judged once. */
let last = { directory: "", parts: NONE };

/** The parts of the path, from its start, that end in such a name: `a/node_modules` of `a/node_modules/b`. */
export function defaultIgnoredParts(path: string): readonly string[] {
  const at = path.lastIndexOf("/");
  const above = at < 0 ? NONE : partsOf(path.slice(0, at));
  return DEFAULT.test(path.slice(at + 1)) ? [...above, path] : above;
}

function partsOf(directory: string): readonly string[] {
  if (last.directory !== directory) last = { directory, parts: defaultIgnoredParts(directory) };
  return last.parts;
}
