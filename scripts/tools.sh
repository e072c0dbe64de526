#!/usr/bin/env bash
# Installs the programs that tests drive, if they are not there, or says what cannot be tested without them.
set -uo pipefail

# tool COMMAND-THAT-WORKS-IF-IT-IS-THERE PACKAGE WHAT
tool() {
  eval "$1" >/dev/null 2>&1 && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing $2, for $3 …" >&2
    install="apt-get install -y -qq --no-install-recommends $2"
    { $install || { apt-get update -qq && $install; }; } >/dev/null 2>&1
    eval "$1" >/dev/null 2>&1 && return
  fi
  echo "!! $2 is not there: $3 will FAIL. Install it, and try again." >&2
}

tool 'perl -MDigest::SHA -MCompress::Zlib -MTime::HiRes -MIO::Socket::UNIX -e 1' perl "the tests of the agent for Cloud Foundry"
tool 'rsync --version' rsync "the tests of Cloud Foundry by rsync"
tool 'ssh -V' openssh-client "the tests of the ssh of the sandbox"
tool '[ -x /usr/lib/openssh/sftp-server ] || [ -x /usr/libexec/openssh/sftp-server ] || [ -x /usr/lib/ssh/sftp-server ]' openssh-sftp-server "the tests of Cloud Foundry by sftp"
tool 'git --version' git "the tests of branches and rebases"
tool 'command -v dockerd' docker.io "the tests of images"
tool 'command -v docker-registry' docker-registry "the tests of images that are pushed"
tool 'busybox true' busybox-static "the tests of images"
if ! command -v kubectl >/dev/null; then
  echo "!! kubectl is not on PATH: what drives the real kubectl is NOT tested here. Install kubectl 1.27 or later." >&2
fi
exit 0
