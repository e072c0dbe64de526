/** Asks a container what it has: its identity, whether it has what this way needs, where state can be kept. */
export const HELLO = `
root=$1; shift
for tool in rsync sha256sum find xargs mapfile mv stat df; do
  type "$tool" >/dev/null 2>&1 || { echo "$tool is not there" >&2; exit 3; }
done
find . -maxdepth 0 -printf '' 2>/dev/null || { echo "find knows no -printf" >&2; exit 3; }
cd -P -- "$root" || exit 3
root=$PWD state=
for one; do
  mkdir -p -m 700 -- "$one" 2>/dev/null
  [ "$(stat -c %d -- "$one" 2>/dev/null)" = "$(stat -c %d -- "$root")" ] && { state=$one; break; }
done
[ -n "$state" ] || { echo "no place for staging on the file system of $root" >&2; exit 3; }
# Whoever was cut off may still be committing.
if type flock >/dev/null 2>&1; then exec 9>>"$state/lock"; flock 9; fi
free=$(df -Pk -- "$root" | { read -r _; read -r _ _ _ free _; echo "$free"; })
printf '%s\\0' "$root" "$state" "$CF_INSTANCE_GUID" "$free"
`;

/** Tells one of the files that state is kept in. */
export const READ = `[ ! -e "$1" ] || exec cat -- "$1"`;

/** What is in a directory: kind, mode, size, target, path; then the hashes of all files. */
export const LIST = `
cd -P -- "$1" || exit 1
find . -mindepth 1 -name '.tiltish-*' -prune -o -printf '%y\\0%m\\0%s\\0%l\\0%P\\0'
printf '\\0'
find . -mindepth 1 -name '.tiltish-*' -prune -o -type f -print0 | xargs -0 -r sha256sum -z --
`;

/** An empty place for a set. */
export const PREPARE = `rm -rf -- "$1" && mkdir -m 700 -- "$1"`;

/**
 * Does what its standard input says, once it has all of it, whoever is cut off meanwhile. A directory is entered to where
 * no link leads, and then nothing of the way there matters any more.
 */
export const COMMIT = `
root=$1 state=$2 end=$3 stage=$2/rsync
mapfile -d '' -t all
[ \${#all[@]} -gt 0 ] && [ "\${all[-1]}" = "$end" ] || { echo "incomplete" >&2; exit 2; }
trap '' PIPE HUP
fail() { echo "$1" >&2; exit 1; }
if type flock >/dev/null 2>&1; then exec 9>>"$state/lock"; flock 9; fi
enter() {
  cd -P -- "$root" || fail "$root is gone"
  [ -z "$1" ] || { cd -P -- "./$1" 2>/dev/null && [ "$PWD" = "$root/$1" ]; } ||
    fail "$1 is a link or a file, and a directory was expected"
}
is_directory() { [ -d "./$1" ] && [ ! -L "./$1" ]; }
rm -f -- "$state/journal"
i=0
while [ "\${all[i]}" != "$end" ]; do
  verb=\${all[i]} directory=\${all[i+1]} count=\${all[i+2]}
  names=("\${all[@]:i+3:count}")
  i=$((i + 3 + count))
  case $verb in
    log) printf '%s\\0' "\${names[@]}" >> "$state/manifest.log" || fail "the log cannot be written"; continue ;;
    mark)
      printf '%s\\0%s\\0%s' "\${names[@]}" > "$state/marker.new" && mv -f -- "$state/marker.new" "$state/marker" ||
        fail "the marker cannot be written"
      continue ;;
  esac
  enter "$directory"
  at=\${directory:+$directory/}
  case $verb in
    put)
      files=()
      for name in "\${names[@]}"; do
        ! is_directory "$name" || fail "$at$name is a directory"
        files+=("$stage/$at$name")
      done
      mv -f -t . -- "\${files[@]}" || fail "\${directory:-the root}: files cannot be put there" ;;
    link)
      ! is_directory "\${names[1]}" || fail "$at\${names[1]} is a directory"
      rm -f -- "$state/link" && ln -s -- "\${names[0]}" "$state/link" && mv -fT -- "$state/link" "./\${names[1]}" ||
        fail "$at\${names[1]} cannot be linked" ;;
    chmod)
      [ -f "./\${names[1]}" ] && [ ! -L "./\${names[1]}" ] || fail "$at\${names[1]} is not a file"
      chmod -- "\${names[0]}" "./\${names[1]}" || fail "$at\${names[1]} keeps its mode" ;;
    mkdir) mkdir -m 755 -- "./$names" 2>/dev/null || is_directory "$names" || fail "$at$names cannot be made" ;;
    unlink) rm -f -- "\${names[@]/#/./}" || fail "\${directory:-the root}: files cannot be removed" ;;
    rmdir) rmdir -- "./$names" 2>/dev/null || is_directory "$names" || [ ! -e "./$names" ] || fail "$at$names stays" ;;
    *) fail "unknown verb $verb" ;;
  esac
done
`;
