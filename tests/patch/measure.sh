#!/usr/bin/env bash
# What the patch costs and gains; see the command measure. Arguments are its flags.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/measure" ./tests/patch/measure
go run ./cmd/stackful build -o "$work/patched" ./tests/patch/measure
"$work/measure" -patched "$work/patched" "$@"
