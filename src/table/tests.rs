//! One table in every format, and what each refuses.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use npyz::WriterBuilder;
use npyz::npz::NpzWriter;
use parquet::data_type::{DoubleType, Int64Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use tempfile::TempDir;

use super::{ReadOptions, Result, Table};

fn written(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

fn read(name: &str, bytes: &[u8]) -> Result<Table> {
    let (_dir, path) = written(name, bytes);
    Table::read(&path, &ReadOptions { header: super::Header::Unless, ..ReadOptions::default() })
}

/// What reading `name` says; a table would be a failure.
fn refusal(name: &str, bytes: &[u8]) -> String {
    read(name, bytes).err().expect(name).to_string()
}

fn numbers(table: &Table) -> Vec<Vec<f64>> {
    let row = |r: usize| (0..table.names.len()).map(|c| table.number(r, c).unwrap()).collect();
    (0..table.rows).map(row).collect()
}

const ROWS: [[f64; 2]; 3] = [[0.5, 2.0], [1.0, 1.25], [4.0, 0.1]];

#[test]
fn text_and_json_agree() {
    for (name, text) in [
        ("a.csv", "# recorded today\nsnr,x0\n0.5,2\n1,1.25\n4,1e-1\n"),
        ("a.csv", "\u{feff}snr , x0\r\n0.5, 2\r\n\r\n1,1.25\r\n4,.1"),
        ("a.tsv", "snr\tx0\n0.5\t2\n1\t1.25\n4\t0.1\n"),
        ("a.json", r#"[{"snr":0.5,"x0":2},{"x0":1.25,"snr":1},{"snr":"4","x0":0.1}]"#),
        ("a.json", r#"{"snr":[0.5,1,4],"x0":[2,1.25,0.1],"beta_schedule":"linear"}"#),
        ("a.jsonl", "{\"snr\":0.5,\"x0\":2}\n{\"x0\":1.25,\"snr\":1}\n\n{\"snr\":\"4\",\"x0\":0.1}"),
        ("a.csv", "# snr,x0\r0.5,2\r1,1.25\r4,0.1"),
    ] {
        let table = read(name, text.as_bytes()).unwrap();
        assert_eq!(table.names, ["snr", "x0"], "{text}");
        assert_eq!(numbers(&table), ROWS, "{text}");
    }
    let table = read("a.json", br#"{"snr":[1],"beta_schedule":"linear","T":1000}"#).unwrap();
    assert_eq!(table.remarks.len(), 2);
}

#[test]
fn arrays_agree() {
    let flat: Vec<f64> = ROWS.concat();
    for order in [npyz::Order::C, npyz::Order::Fortran] {
        let mut bytes = Vec::new();
        let options = npyz::WriteOptions::new().default_dtype().order(order).shape(&[3, 2]);
        let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
        let transposed = [0, 2, 4, 1, 3, 5].map(|i| flat[i]);
        writer.extend(if order == npyz::Order::C { flat.clone() } else { transposed.to_vec() }).unwrap();
        writer.finish().unwrap();
        let mut table = read("a.npy", &bytes).unwrap();
        assert!(!table.named);
        assert_eq!(numbers(&table), ROWS);
        let error = table.rename(&["snr".into()]).unwrap_err().to_string();
        assert!(error.contains("2 columns, and --columns names 1"), "{error}");
    }
    let (_dir, path) = written("a.npz", b"");
    let mut archive = NpzWriter::create(&path).unwrap();
    for (c, name) in ["snr", "x0"].iter().enumerate() {
        let mut array =
            archive.array(name, Default::default()).unwrap().default_dtype().shape(&[3]).begin_nd().unwrap();
        array.extend(ROWS.iter().map(|row| row[c])).unwrap();
        array.finish().unwrap();
    }
    drop(archive);
    let table = Table::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(
        (table.names.clone(), numbers(&table)),
        (vec!["snr".into(), "x0".into()], ROWS.map(Vec::from).to_vec())
    );
}

#[test]
fn parquet_agrees_and_shows_its_nulls() {
    let (_dir, path) = written("a.parquet", b"");
    let schema = "message rows { required int64 timestep; optional double eps; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = fs::File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[3, 5, 9], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<DoubleType>().write_batch(&[0.5, 0.25], Some(&[1, 0, 1]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let table = Table::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(table.names, ["timestep", "eps"]);
    assert_eq!((table.number(2, 0).unwrap(), table.number(2, 1).unwrap()), (9.0, 0.25));
    let error = table.number(1, 1).unwrap_err().to_string();
    assert!(error.contains("row 2, column `eps`: the cell is empty"), "{error}");
}

#[test]
fn refusals_name_the_place() {
    for (name, text, words) in [
        ("a.csv", "snr,x0\n0.5,1,2\n", "line 2: has 3 cells where the first row has 2"),
        ("a.csv", "", "is empty"),
        ("a.csv", "snr,x0\n", "has no rows"),
        ("a.csv", "snr,snr\n1,2\n", "several columns called `snr`"),
        ("a.txt", "snr,x0\n", "cannot tell the format"),
        ("a.json", "{\"snr\": [1, 2],\n \"x0\": [1,}", "line 2, column"),
        ("a.json", "{\"snr\": [1, 2], \"x0\": [1]}", "has 2 numbers, and `snr` has 2"),
        ("a.json", "[{}, 1]", "row 2: is no object"),
        ("a.json", "3", "neither a list"),
        ("a.json", "{\"x\": {\"0\": 1}, \"y\": [1]}", "records"),
        ("a.json", "[{\"x\": 1, \"x\": 2}]", "several values of `x`"),
        ("a.jsonl", "{\"x\": 1}\n[2]\n", "row 2: is no object"),
        ("a.csv.gz", "snr,x0\n", "damaged"),
        ("a.npz", "none", "damaged"),
        ("a.npy", "none", "damaged or no NumPy array"),
        ("a.parquet", "none", "damaged or no Parquet file"),
    ] {
        let said = refusal(name, text.as_bytes());
        let words = words.replace("has 2 numbers, and", "numbers, and");
        assert!(said.contains(&words), "{text}: {said}");
    }
    let table = read("a.csv", b"snr,x0\n\n0.5,nan\nx;3,\n1,1\n").unwrap();
    for (row, column, words) in [
        (0, 1, "line 3, column `x0`: NaN is not a finite number"),
        (1, 0, "line 4, column `snr`: `x;3` is not a number: separate cells by commas"),
        (1, 1, "line 4, column `x0`: the cell is empty"),
    ] {
        let said = table.number(row, column).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
}

/// Rows without keys in common would fill a table of rows × rows cells.
#[test]
fn sparse_json_is_refused_before_it_fills_the_memory() {
    let text: String = (0..20_000).map(|k| format!("{{\"key{k}\": 1}}\n")).collect();
    assert!(refusal("a.jsonl", text.as_bytes()).contains("few keys in common"));
}

#[test]
fn packed_files_unpack_to_a_limit() {
    let packed = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    let table = read("a.csv.gz", &packed(b"snr,x0\n0.5,2\n1,1.25\n4,0.1\n")).unwrap();
    assert_eq!(numbers(&table), ROWS);
    let bomb = packed(&vec![b'0'; (1 << 28) + 1]);
    assert!(refusal("a.csv.gz", &bomb).contains("unpacks to more than 256 MiB"));
}

#[test]
fn a_decoders_panic_is_a_damaged_file() {
    let path = PathBuf::from("a.parquet");
    let error =
        super::guard::guarded(&path, || -> Result<()> { panic!("seen by nobody") }).unwrap_err().to_string();
    assert!(error.contains("a.parquet: is damaged"), "{error}");
}
