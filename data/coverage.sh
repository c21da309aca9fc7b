#!/bin/sh
# Long runs of the Monte-Carlo estimators where no deterministic route exists, for tests/coverage.rs:
#     cargo build --release && sh data/coverage.sh > data/coverage.csv
# The seed is none of those that the test uses, the standard error about 1/45 of what the test measures.
echo "source,snr,quantity,value,std_err,n"
for source in simplex:atoms=16 codebook:atoms=64,dim=16; do
    for quantity in mmse mmse_slope information posterior_entropy; do
        target/release/klaim estimate "$quantity" --source "$source" --snr 0.1,1,3 --samples 4194304 --seed 1000000 \
            --method monte-carlo --format json --quiet |
            python3 -c '
import csv, json, sys
out = csv.writer(sys.stdout, lineterminator="\n")
for r in json.load(sys.stdin)["rows"]:
    out.writerow([r["source"], r["snr"], r["quantity"], r["value"], r["std_err"], r["n"]])'
    done
done
