/** Asks a container what it has: its identity, whether it has what this way needs, where state can be kept, and that. */
export const HELLO = `
root=$1; shift
for tool in rsync sha256sum find xargs mapfile mv stat df; do
  type "$tool" >/dev/null 2>&1 || { echo "$tool is not there" >&2; exit 3; }
done
find . -maxdepth 0 -printf '' 2>/dev/null || { echo "find knows no -printf" >&2; exit 3; }
cd -P -- "$root" || exit 3
root=$PWD
state=
for one; do
  mkdir -p -m 700 -- "$one" 2>/dev/null
  [ "$(stat -c %d -- "$one" 2>/dev/null)" = "$(stat -c %d -- "$root")" ] && { state=$one; break; }
done
[ -n "$state" ] || { echo "no place for staging on the file system of $root" >&2; exit 3; }
rm -rf -- "$state/rsync" && mkdir -m 700 -- "$state/rsync" || exit 3
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
export const PREPARE = `rm -rf -- "$1/rsync" && mkdir -m 700 -- "$1/rsync"`;

/**
 * Does what its standard input says, once it has all of it: whoever is cut off in between leaves nothing half done. Each
 * directory is entered step by step to where no link leads, and then nothing of the way there matters any more.
 */
export const COMMIT = `
root=$1 state=$2 stage=$2/rsync
mapfile -d '' -t all
[ "\${all[-1]}" = end ] || { echo "incomplete" >&2; exit 2; }
fail() { echo "$1" >&2; exit 1; }
enter() {
  cd -P -- "$root" || fail "$root is gone"
  [ -z "$1" ] || { cd -P -- "./$1" 2>/dev/null && [ "$PWD" = "$root/$1" ]; } ||
    fail "$1 is a link or a file, and a directory was expected"
}
trap '' PIPE HUP
rm -f -- "$state/journal"
i=0
while [ "\${all[i]}" != end ]; do
  verb=\${all[i]} directory=\${all[i+1]} count=\${all[i+2]}
  names=("\${all[@]:i+3:count}")
  i=$((i + 3 + count))
  case $verb in
    log) printf '%s\\0' "\${names[@]}" >> "$state/manifest.log" || fail "the log cannot be written"; continue ;;
    mark) printf '%s\\0%s\\0%s' "\${names[@]}" > "$state/marker.new" && mv -f -- "$state/marker.new" "$state/marker" ||
      fail "the marker cannot be written"; continue ;;
  esac
  enter "$directory"
  case $verb in
    put)
      for name in "\${names[@]}"; do
        [ ! -d "./$name" ] || [ -L "./$name" ] || fail "$directory/$name is a directory"
      done
      mv -f -t . -- "\${names[@]/#/$stage/files/\${directory:+$directory/}}" || fail "$directory: files cannot be put there" ;;
    link)
      ln -sfT -- "\${names[1]}" "$stage/link" && mv -fT -- "$stage/link" "./$names" || fail "$names cannot be linked" ;;
    chmod)
      [ -f "./\${names[1]}" ] && [ ! -L "./\${names[1]}" ] || fail "\${names[1]} is not a file"
      chmod -- "$names" "./\${names[1]}" || fail "\${names[1]} keeps its mode" ;;
    mkdir)
      mkdir -m 755 -- "./$names" 2>/dev/null || { [ -d "./$names" ] && [ ! -L "./$names" ]; } || fail "$names cannot be made" ;;
    unlink) rm -f -- "\${names[@]/#/./}" || fail "$directory: files cannot be removed" ;;
    rmdir) rmdir -- "./$names" 2>/dev/null; [ ! -L "./$names" ] || fail "$names is a link" ;;
  esac
done
`;
