"""A table of ncu's raw page (CSV): of each kernel and grid the launches, mean duration, and mean shares of the peaks."""
import csv
import sys

METRICS = {
    "gpu__time_duration.sum": "",
    "sm__throughput.avg.pct_of_peak_sustained_elapsed": "of the multiprocessors",
    "sm__inst_executed_pipe_fp64.avg.pct_of_peak_sustained_active": "of f64 units",
    "gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed": "of memory",
    "sm__warps_active.avg.pct_of_peak_sustained_active": "of warps",
}

with open(sys.argv[1], newline="") as file:
    rows = list(csv.DictReader(line for line in file if line.startswith('"')))
if not rows:
    raise SystemExit(f"{sys.argv[1]}: no launches")
units, launches = rows[0], {}
for row in rows[1:]:
    launches.setdefault((row["Kernel Name"].split("(")[0], row["Grid Size"]), []).append(row)
for (kernel, grid), of_it in sorted(launches.items()):
    means = [(name, sum(float(row[name].replace(",", "")) for row in of_it) / len(of_it)) for name in METRICS]
    shown = ", ".join(f"{mean:.3g} {units[name]} {METRICS[name]}".strip() for name, mean in means)
    print(f"{kernel} {grid}: {len(of_it)} launches; {shown}")
