#!/bin/sh
# Says in one line what to install where there is no Chromium for the tests of the HTML page, which are skipped then.
mac="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
for name in chromium chromium-browser google-chrome google-chrome-stable "$mac"; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
echo "No Chromium, so the browser tests of the HTML page are skipped; install it with apt-get install chromium (Debian), dnf install chromium (Fedora) or brew install chromium (macOS)."
