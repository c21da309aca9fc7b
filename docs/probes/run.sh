#!/usr/bin/env bash
# Repeats the probes of docs/probes.md (minutes; each prints its map and writes a page under reports/). Run from the repository's
# root after `cargo build --release`.
set -euo pipefail

klaim() { printf '\n```\n$ klaim %s\n' "$*"; target/release/klaim "$@" --quiet | grep -v '^report:' || true; printf '```\n'; }

zipf=(--source 'zipf:exponent={s},atoms={n}' --vary s=1.2,1.5,1.8,2,2.2,2.5,3 n=10,100,1e3,1e4,inf --snr 8,12,18)

printf '## Rare events\n'
klaim probe rare-events --source 'bernoulli:p={p}' --vary p=1e-6..0.5 --out reports/probe-rare
klaim probe entropy-bound-renyi --source 'bernoulli:p={p}' --vary p=1e-10..0.5 --out reports/probe-rare-renyi
printf '\n## Heavy tails: the split at s = 2\n'
klaim probe varentropy-bound "${zipf[@]}" --out reports/probe-zipf-varentropy
klaim probe renyi-bound "${zipf[@]}" --out reports/probe-zipf-renyi
