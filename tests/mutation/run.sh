#!/usr/bin/env bash
# Breaks the engine in the ways that mutants.txt lists, one at a time in a copy,
# and checks that the test which is named there notices. A mutant that survives
# is a missing test.
#
#	tests/mutation/run.sh [NAME-PATTERN]
#
# It needs linux/amd64, since it is arch_amd64.s that is broken; two processors, and
# cgo. A test gets a second and third try, as some mutants do harm only at times.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
list=$root/tests/mutation/mutants.txt
survivors=0
tried=0

# test_of KIND ARGUMENTS...: the command that must fail
test_of() {
	local kind=$1
	shift
	case $kind in
	root) go test -vet=off -count=1 -timeout 2m -run "^($1)\$" . ;;
	short) go test -vet=off -count=1 -timeout 2m -short -run "^($1)\$" . ;;
	race) go test -vet=off -count=1 -timeout 4m -race -short -run "^($1)\$" . ;;
	in) go test -vet=off -count=1 -timeout 2m -run "^($2)\$" "./$1" ;;
	env) env "$1" go test -vet=off -count=1 -timeout 2m -run "^($2)\$" . ;;
	stress) go build -o "$copy/stress" ./tests/stress && GODEBUG=clobberfree=1 timeout 150 "$copy/stress" -d 15s "$@" ;;
	*) echo "no such kind of test: $kind" >&2; exit 3 ;;
	esac
}

while IFS='|' read -r name test change; do
	case $name in '#'* | '') continue ;; esac
	case $name in *${1:-}*) ;; *) continue ;; esac
	tried=$((tried + 1))
	rm -rf "$copy/m" && mkdir "$copy/m" && (cd "$root" && git ls-files -z | xargs -0 cp --parents -t "$copy/m")
	cd "$copy/m" || exit 1
	IFS='|' read -ra change <<<"$change|"
	while [ $((${#change[@]} % 3)) != 0 ]; do change+=(''); done # an empty text at the end
	if ! go run ./tests/mutation/replace "${change[@]}"; then
		echo "$name: NOT APPLIED"
		survivors=$((survivors + 1))
		continue
	fi
	if ! go build ./... >"$copy/out" 2>&1; then
		echo "$name: DOES NOT BUILD: $(grep -v '^#' "$copy/out" | head -1)"
		survivors=$((survivors + 1))
		continue
	fi
	caught=
	for try in 1 2 3; do
		test_of $test >"$copy/out" 2>&1 || { caught=$try; break; }
	done
	if [ -n "$caught" ]; then
		echo "$name: caught by $test (try $caught): $(grep -m1 -E 'fatal error|panic:|_test.go:|FAILED|SIG|throw|DATA RACE|timed out' "$copy/out" | sed 's/^ *//' | cut -c1-90)"
	else
		echo "$name: SURVIVED $test"
		survivors=$((survivors + 1))
	fi
done <"$list"
echo "$tried mutants, $survivors not caught"
[ "$survivors" = 0 ]
