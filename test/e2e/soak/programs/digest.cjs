const { createHash } = require("node:crypto");
const { readdirSync, readFileSync } = require("node:fs");
const path = require("node:path");

/** What a directory holds, names and contents, as one short text. Files that go meanwhile are left out. */
exports.digestOf = (directory) => {
  const hash = createHash("sha1");
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const files = entries.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  for (const file of files.toSorted()) {
    try {
      const content = readFileSync(file);
      hash.update(`${file.slice(directory.length)}\0${content.length}\0`).update(content);
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  return hash.digest("hex").slice(0, 16);
};
