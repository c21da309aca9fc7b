"""A table of ncu's raw page (CSV): each kernel's launches, mean microseconds, and mean shares of the peaks."""
import csv
import sys

with open(sys.argv[1], newline="") as file:
    lines = [line for line in file if line.startswith('"')]
rows = list(csv.DictReader(lines))
kernels = {}
for row in rows[1:]:  # The first row holds units.
    kernels.setdefault(row["Kernel Name"].split("(")[0], []).append(row)
measured = [name for name in (rows[0] if rows else {}) if "__" in name]
for kernel, launches in kernels.items():
    means = []
    for name in measured:
        values = [float(row[name].replace(",", "")) for row in launches if row[name]]
        means.append(f"{name.split('.')[0]} {sum(values) / max(len(values), 1):.3g} {rows[0][name]}")
    print(f"{kernel}: {len(launches)} launches; " + "; ".join(means))
