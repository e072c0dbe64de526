import { usageError } from "../cli/errors.ts";
import { out } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";

/** Each asks the program itself what may follow: one source for all shells. */
const SCRIPTS: Record<string, string> = {
  bash: `# bash completion of tiltish: source <(tiltish completion bash)
_tiltish() {
  local line="\${COMP_LINE:0:COMP_POINT}" candidate words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  # --option=value is three words to bash; it wants to hear the last one.
  local word="\${words[\${#words[@]}-1]}" glued=""
  [[ $word == *=* ]] && glued="\${word%=*}="
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    [[ $candidate == "$word"* ]] && COMPREPLY+=("\${candidate#"$glued"}")
  done < <(tiltish __complete "\${words[@]:1}" 2>/dev/null)
  [[ \${COMPREPLY[0]} == */ || \${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o bashdefault -o default -F _tiltish tiltish
`,
  zsh: `#compdef tiltish
# zsh completion of tiltish: source <(tiltish completion zsh)
_tiltish() {
  local -a found
  local name text
  while IFS=$'\\t' read -r name text; do
    found+=("\${name//:/\\\\:}\${text:+:$text}")
  done < <(tiltish __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe tiltish found; else _files; fi
}
compdef _tiltish tiltish
`,
  fish: `# fish completion of tiltish: tiltish completion fish | source
function __tiltish_complete
  set -l words (commandline -opc) (commandline -ct)
  tiltish __complete $words[2..-1] 2>/dev/null
end
complete -c tiltish -a '(__tiltish_complete)'
`,
  powershell: `# PowerShell completion of tiltish: tiltish completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName tiltish -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  # Before 7.3 an empty word needs quotes of its own to get through.
  $empty = if ($PSVersionTable.PSVersion -ge [version]'7.3') { '' } else { '""' }
  if ($wordToComplete -eq '') { $words += $empty }
  tiltish __complete @words 2>$null | ForEach-Object {
    $name, $text = $_ -split "\`t", 2
    if (-not $text) { $text = $name }
    [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $text)
  }
}
`,
};

/** `tiltish completion SHELL`. */
export function run({ args: [shell] }: Invocation): void {
  const script = Object.hasOwn(SCRIPTS, shell ?? "") ? SCRIPTS[shell!] : undefined;
  if (!script) throw usageError(`for which shell? ${Object.keys(SCRIPTS).join(", ")}`);
  out(script);
}
