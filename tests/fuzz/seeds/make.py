"""Makes the binary seeds of the fuzzing harness: python make.py, with numpy 2, pandas and pyarrow."""
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

frame = pd.DataFrame({"snr": [0.5, 2, 4], "x0": [0.9, 0.4, 0.1], "std_err": [0.01, 0.01, 0.01]})
for codec in ["gzip", "brotli", "lz4", "snappy", "zstd"]:
    frame.to_parquet(f"{codec}.parquet", compression=codec)
frame.set_index("snr").to_parquet("index.parquet")
table = pa.table({
    "d": pa.array([decimal.Decimal("1.25"), decimal.Decimal("-3.10")]), "b": [True, False],
    "i": pa.array([1, None], pa.int64()), "u": pa.array([2**63 + 1, 5], pa.uint64()),
    "l": pa.array([[1.0, 2.0], [3.0, 4.0]]), "h": pa.array(np.array([1.5, 2], dtype="f2")),
    "c": pa.array([1.5, 2.5]).dictionary_encode(), "s": pa.array(["a", "b"])})
pq.write_table(table, "kinds.parquet")
plain = pa.table({"sigma": pa.array(np.geomspace(0.01, 100, 12)), "x0": pa.array(np.linspace(0.9, 0.1, 12), pa.float32()),
                  "n": pa.array(range(12), pa.int64())})
pq.write_table(plain, "plain.parquet", use_dictionary=False, compression=None)
pq.write_table(plain, "split.parquet", use_dictionary=False, column_encoding="BYTE_STREAM_SPLIT", compression="zstd")
pq.write_table(plain, "pages.parquet", data_page_version="2.0", row_group_size=5, compression="snappy")
np.save("big_endian.npy", np.arange(6, dtype=">f4").reshape(3, 2))
np.save("fortran.npy", np.asfortranarray(np.arange(6.0).reshape(3, 2)))
np.save("record.npy", np.array([(1.0, 2, [3, 4])], dtype=[("a", "f8"), ("b", "i2"), ("e", "f4", (2,))]))
np.save("object.npy", np.array([1, None], dtype=object))
np.save("text.npy", np.array(["a", "b"]))
np.save("halves.npy", np.array([1.5, 2, -3], dtype="f2"))
np.save("integers.npy", np.array([2**63 + 1, 2**53], dtype="u8"))
np.savez("arrays.npz", x=np.arange(6.0).reshape(3, 2), w=np.array([1, 2, 3]))
np.savez_compressed("curve.npz", snr=np.array([0.5, 2, 4]), x0=np.array([0.9, 0.4, 0.1]))
