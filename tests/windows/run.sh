#!/usr/bin/env bash
# Runs what differs on Windows, built for windows/amd64, under Wine, and links it for windows/arm64:
#   tests/windows/run.sh
# It installs Wine and a C compiler if they are missing, and takes some three minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."

# These need what Windows has and Wine 8 has not: UDP sockets with SIO_UDP_NETRESET, which package
# net sets; sockets of the file system; the way in which os.RemoveAll removes files (t.TempDir); a
# second handle of a socket.
skip='^(TestOwnTypes|TestPacketConn_addrPort|TestConn_withoutBackend|TestFile_regular'
skip+='|TestSockets_random|FuzzSockets|ExampleFileListener|ExampleListenPacket)$'

wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
compiler=x86_64-w64-mingw32-gcc
if ! [ -x "$wine" ] || ! command -v "$compiler" >/dev/null; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wine64 gcc-mingw-w64-x86-64
fi

work=$(mktemp -d)
trap '"${wine%wine64}wineserver" -k 2>/dev/null || true; rm -rf "$work"' EXIT
export WINEPREFIX=$work/prefix WINEDEBUG=-all WINEDLLOVERRIDES=bcryptprimitives=n
"$wine" wineboot -i >/dev/null 2>&1
"$compiler" -shared -O2 -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" \
	tests/windows/bcryptprimitives.c -ladvapi32

GOROOT=$(go env GOROOT) # for asm's tests, which read the runtime's source
export GOROOT GOOS=windows GOARCH=amd64 CGO_ENABLED=0
suite() { go test -count=1 -short -timeout 3m -exec "$wine" "$@"; }
suite ./asm ./coro
suite -skip '^TestModes$' .
suite -run '^TestProfile_cpu' -count=10 . # a sample must come in a switch: arch_amd64.s, TARGET_BOUNDS
suite -run '^TestModes$/^(GODEBUG=clobberfree=1|GOMAXPROCS=4)$' .
suite -skip "$skip" ./poller

go build -o "$work/stackful.exe" ./cmd/stackful
"$wine" "$work/stackful.exe" doctor | tee "$work/doctor"
grep -q '^verdict  *ok; native on ' "$work/doctor"

for package in . ./asm ./coro ./poller; do
	GOARCH=arm64 go test -c -o "$work/arm64.exe" "$package"
done
