import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agentScript, supervisorScript } from "../../controllers/cfapp/remote/index.ts";

const PER_DIRECTORY = 100;
/** So that 10,000 files are 76 MB. */
const FILE_BYTES = 7_600;

const pathOf = (i: number): string => `src/d${Math.floor(i / PER_DIRECTORY)}/f${i}.js`;

/** What the supervisor of the app is in its directory; no sync touches names that begin so. */
export const SUPERVISOR = ".tiltish-supervisor.pl";

/** Starts to listen after 50 ms, as a quick app does. */
const SERVER = `
use IO::Socket::INET;
select undef, undef, undef, 0.05;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $ENV{PORT}, Listen => 9, ReuseAddr => 1) or die $!;
while (my $client = $server->accept) { close $client }
`;

/** An app of so many files: lines of source, no two of them alike. */
export function plantApp(root: string, files: number): void {
  for (let i = 0; i < files; i++) {
    const path = join(root, pathOf(i));
    if (i % PER_DIRECTORY === 0) mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, textOf(i));
  }
  writeFileSync(join(root, "server.pl"), SERVER);
  writeFileSync(join(root, SUPERVISOR), supervisorScript());
}

function textOf(i: number): string {
  const words = agentScript().split(/\s+/);
  let text = "";
  for (let at = i; text.length < FILE_BYTES; at += 7) {
    text += `export const ${words[(at * 31) % words.length]!.replaceAll(/\W/g, "_")}${i}_${at} = "${words[at % words.length]}";\n`;
  }
  return text.slice(0, FILE_BYTES);
}

/** Changes a line of one file. @returns its path. */
export function saveLine(root: string, i: number, round: number): string {
  const path = pathOf(i);
  const [, ...rest] = readFileSync(join(root, path), "utf8").split("\n");
  writeFileSync(join(root, path), [`// saved ${round} at ${Date.now()}`, ...rest].join("\n"));
  return path;
}

/** Changes a line of so many files. @returns their paths. */
export const saveLines = (root: string, count: number, round: number): string[] =>
  Array.from({ length: count }, (_, i) => saveLine(root, i * 3, round));
