#!/usr/bin/env bash
# The standard library's own tests, with the standard library patched:
#
#	tests/patch/std.sh [plain|exercise] [packages]
#
# They run outside of tasks and must pass as without the patch. plain is the patch as
# it is in a program without package poller; exercise, the default, is the patch with
# hooks that say that nobody is a task, and sockets made as in tasks (see
# exercise.go.txt). The go command is the one of the environment: set GOTOOLCHAIN.
# Arguments for go test come from FLAGS, by default -short.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)

mode=exercise
case "${1:-}" in plain | exercise)
	mode=$1
	shift
	;;
esac
packages=("${@}")
if [ ${#packages[@]} = 0 ]; then
	packages=(internal/poll os os/exec time net crypto/tls net/http)
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$repo" && go build -o "$work/stackful" ./cmd/stackful)
cd "$(go env GOROOT)/src" # its module: that of the caller would choose other defaults of GODEBUG

# Tests that are left out, with the reason.
skip=(
)

args=(-short -count=1 -vet=off)
if [ -n "${FLAGS:-}" ]; then
	read -ra args <<<"$FLAGS"
fi
if [ ${#skip[@]} -gt 0 ]; then
	args+=(-skip "^($(
		IFS='|'
		echo "${skip[*]}"
	))\$")
fi
if [ "$mode" = exercise ]; then
	here=$(grep -o '"[^"]*/internal/poll/zstackful.go"' "$("$work/stackful" overlay 2>/dev/null)")
	printf '{"Replace": {%s: "%s"}}\n' "${here/zstackful/zstackful_exercise}" "$repo/tests/patch/exercise.go.txt" \
		>"$work/exercise.json"
	args+=("-overlay=$work/exercise.json")
fi
"$work/stackful" test "${args[@]}" "${packages[@]}"
