#!/usr/bin/env bash
# The own tests of modules that know nothing of package stackful, in simulations:
#
#	tests/sim/modules.sh [-seeds N] [-o folder] [names]
#
# Each file of tests/sim/modules names a module and the version, which go mod download fetches, the packages whose
# tests run, and each test that is known to fail, with the reason. All others must pass with N seeds (5), and the
# first seed twice, with equal hashes: else the exit code is 1. The table that is printed at the end counts them. The output of
# stackful is left in the folder, by default a temporary one.
#
#	module    path version
#	packages  the packages, and flags for stackful test -sim before them
#	fails     package test, as printed: the reason
#
# Reasons begin with a word for their kind:
#
#	clock     computing takes no time, so that what must happen later happens at the same instant
#	real      it needs the real time, or the real machine: files, processes, signals, permissions
#	refused   it does what a simulation refuses
#	large     it is more than what is done within the limit of real time
#	finding   the test, or the module, is wrong in the schedule of a seed
#	fails     it fails without a simulation, too
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
seeds=5
out=
names=()
while [ $# -gt 0 ]; do
	case "$1" in
	-seeds) seeds=$2 && shift ;;
	-o) out=$2 && shift ;;
	-*) echo "usage: $0 [-seeds N] [-o folder] [names]" >&2 && exit 2 ;;
	*) names+=("$1") ;;
	esac
	shift
done
if [ ${#names[@]} = 0 ]; then
	for file in "$here"/modules/*.txt; do
		names+=("$(basename "$file" .txt)")
	done
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: "${out:=$work}"
mkdir -p "$out"
out=$(cd "$out" && pwd)
stackful=${STACKFUL:-}
if [ -z "$stackful" ]; then
	stackful=$work/stackful
	(cd "$here/../.." && go build -o "$stackful" ./cmd/stackful)
fi

# fetch copies a module, which is read-only in the module cache, and prints the folder.
fetch() {
	local folder=$work/src/$1
	mkdir -p "$folder"
	local from
	from=$(cd "$work" && go mod download -json "$2@$3" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
	cp -r "$from/." "$folder"
	chmod -R u+w "$folder"
	echo "$folder"
}

table=$work/table
echo "| module | tests that pass | skip themselves | known to fail | seconds |" >"$table"
echo "|---|---|---|---|---|" >>"$table"
bad=0
for name in "${names[@]}"; do
	file=$here/modules/$name.txt
	read -r _ module version < <(grep '^module ' "$file")
	read -r _ packages < <(grep '^packages ' "$file")
	echo "=== $module $version: $packages"
	folder=$(fetch "$name" "$module" "$version")
	begin=$SECONDS
	# shellcheck disable=SC2086 # several packages, and flags
	(cd "$folder" && "$stackful" test -sim -seeds "$seeds" -timeout "${TIMEOUT:-30s}" -short $packages) >"$out/$name.out" 2>&1 || true
	# Lines of results: word, package, test, and more, with tabs.
	awk -F'\t' '$1 == "ok  " && NF == 5' "$out/$name.out" >"$work/ok"
	awk -F'\t' '$1 == "skip" && NF == 4' "$out/$name.out" >"$work/skip"
	awk -F'\t' '$1 == "FAIL"' "$out/$name.out" >"$work/fail"
	known=$(grep -c '^fails ' "$file" || true)
	passed=$(cut -f2,3 "$work/ok" | sort -u | wc -l)
	skipped=$(cut -f2,3 "$work/skip" | sort -u | wc -l)
	if [ "$passed" = 0 ]; then
		echo "no test has passed:"
		tail -5 "$out/$name.out"
		bad=1
	fi
	while IFS=$'\t' read -r _ package test how; do
		if ! grep -q "^fails  *$package $test:" "$file"; then
			echo "UNEXPECTED: $package $test fails: $how"
			bad=1
		fi
	done <"$work/fail"
	while read -r _ package test _; do
		if ! cut -f2,3 "$work/fail" | grep -qxF "$package	${test%:}"; then
			echo "passes, and is known to fail: $package ${test%:}"
		fi
	done < <(grep '^fails ' "$file" || true)
	failed=$(cut -f2,3 "$work/fail" | sort -u | wc -l)
	echo "passed $passed, skipped $skipped, failed $failed (known: $known), $((SECONDS - begin)) s"
	echo "| $module $version | $passed | $skipped | $failed | $((SECONDS - begin)) |" >>"$table"
done
echo
cat "$table"
exit $bad
