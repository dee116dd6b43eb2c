#!/bin/sh
# Sees to it that there is a Chromium for the tests of the HTML page. Where there is none and none can be installed, it
# says how, and those tests are skipped.
mac="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
for name in chromium chromium-browser google-chrome google-chrome-stable "$mac"; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  wait="-o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o Acquire::Retries=1"
  # shellcheck disable=SC2086
  if { apt-get $wait update -qq && apt-get $wait install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 &&
    command -v chromium >/dev/null 2>&1; then
    exit 0
  fi
fi
echo "There is no Chromium here, so the tests of the HTML page in a browser are skipped." >&2
echo "Install it (Debian: apt-get install chromium; Fedora: dnf install chromium; macOS: brew install chromium)." >&2
exit 0
