//! Tests of the readers: one small law in every format, and every way in which a file can be wrong.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use npyz::WriterBuilder;
use npyz::npz::NpzWriter;
use parquet::data_type::{BoolType, ByteArrayType, DoubleType, Int32Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use tempfile::TempDir;

use crate::error::Result;
use crate::source::{Atoms, Law, Source};
use crate::spec::quoted;

/// Writes `bytes` as `name` into a fresh folder, and parses `file:path=…` with `more` behind it.
fn load(name: &str, bytes: &[u8], more: &str) -> Result<Source> {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a writable folder");
    Source::parse(&format!("file:path={}{more}", quoted(&path.display().to_string())))
}

fn atoms(source: &Source) -> &Atoms {
    let Law::Atoms(atoms) = source.law() else { panic!("a file is a law of atoms") };
    atoms
}

/// The law that every format below holds: (0, 1) with weight 1, (2, −3.5) with weights 1 + 2.
fn assert_is_the_law(source: &Source) {
    let law = atoms(source);
    assert_eq!((law.dim, law.points.as_slice()), (2, [0.0, 1.0, 2.0, -3.5].as_slice()));
    assert!((law.weights[0] - 0.25).abs() < 1e-15 && (law.weights[1] - 0.75).abs() < 1e-15);
}

#[test]
fn text_tables_are_read_with_and_without_header() {
    for (name, text, more) in [
        ("a.csv", "x,mass,y\n0,1,1\n2,1,-3.5\n2.0,2,-35e-1\n", ",weights=mass"),
        (
            "a.csv",
            "\u{feff}x, y ,label,mass\r\n-0, 1,zero,1\r\n\r\n2,-3.5,two,3\r\n",
            ",weights=mass,drop=label",
        ),
        ("a.csv", "x, y ,p(x),\"a,b\"\n-0, 1,1,zero\n2,-3.5,3,two\n", ",weights=\"p(x)\",drop='a,b'"),
        ("a,b=(1).csv", "x,y,mass\n0,1,1\n2,-3.5,3\n", ",weights=mass"),
        ("a.csv", "# x,y,mass\n0,1,1\n2,-3.5,3\n", ",weights=mass"),
        ("a.csv", "x,y,mass,\n0,1,1,\n2,-3.5,3,\n", ",weights=mass"),
        ("a.csv", "count,mass,index\n0,1,1\n2,3,-3.5\n", ",weights=mass,keep=count+index"),
        ("a.jsonl", "{\"x\": 0, \"y\": 1, \"w\": 1}\n{\"x\": 2, \"w\": 3, \"y\": -3.5}\n", ",weights=w"),
        ("a.json", "[[0, 1, 1], [2, -3.5, 3]]", ",weights=3"),
        ("a.tsv", "0\t1\t1\n2\t1\t-3.5\n2\t2\t-3.5", ",weights=2"),
        ("a.csv", "0,1,2,3\n0,9,1,1\n2,9,-3.5,3\n", ",header=yes,weights=3,drop=1"),
        ("a.csv", "\"0\",\"1\"\n2,-3.5\n2,-3.5\n2,-3.5\n", ""),
    ] {
        assert_is_the_law(
            &load(name, text.as_bytes(), more).unwrap_or_else(|error| panic!("{text}: {error}")),
        );
    }
}

#[test]
fn an_unweighted_file_says_what_its_entropy_means() {
    let distinct = load("a.csv", b"1\n2\n3\n", "").expect("three rows");
    assert!(
        distinct.notes()[0].contains("H = H_½ = ln n whatever it was sampled from"),
        "{:?}",
        distinct.notes()
    );
    assert!((distinct.pmf().expect("discrete").renyi(0.5).value - 3_f64.ln()).abs() < 1e-14);
    let merged = load("a.csv", b"1\n2\n2\n", "").expect("three rows");
    assert!(merged.notes()[0].contains("3 rows (2 distinct)"), "{:?}", merged.notes());
    assert!(load("a.csv", b"x,w\n1,2\n3,4\n", ",weights=w").expect("two rows").notes().is_empty());
}

#[test]
fn bad_text_is_refused_with_its_place_and_a_remedy() {
    for (text, more, words) in [
        ("x,y\n1,2\n3,nan\n", "", vec!["a.csv, line 3, column `y`", "NaN", "remove the row"]),
        ("x,y\n1,2\n-inf,4\n", "", vec!["line 3, column `x`", "-inf"]),
        ("x,y\n1,2\n3,abc\n", "", vec!["line 3, column `y`", "`abc`", "drop=y"]),
        ("x,y\n1,\n", "", vec!["line 2, column `y`", "empty"]),
        ("x,y\n1,2\n\n3\n", "", vec!["line 4", "1 cells", "2"]),
        ("1,2\n3,4,5\n", "", vec!["line 2", "3 cells", "index"]),
        ("x;y\n1;2\n", "", vec!["line 1", "semicolons", "tr ',;' '.,' <"]),
        ("0,5;1,25\n2,5;3\n", "", vec!["semicolons", "decimal commas"]),
        ("x\ty\n1\t2\n", "", vec!["name the file .tsv"]),
        ("x,y\n1,NA\n", "", vec!["line 2, column `y`", "empty"]),
        ("x\n\"1,234\"\n", "", vec!["thousands"]),
        ("x\n9007199254740993\n", "", vec!["line 2", "9007199254740993", "2^53"]),
        ("x\n123456789012345678901234567890123456789012\n", "", vec!["2^53"]),
        ("x\u{0}\n1\n", "", vec!["zero bytes"]),
        ("x,y,p\n1,2,0.5\n3,4,0.5\n", "", vec!["column `p`", "weights=p", "keep=p"]),
        ("x,Count\n1,2\n", "", vec!["weights=Count"]),
        (",x\n0,2\n1,3\n", "", vec!["index", "drop=unnamed-1"]),
        (",0,1\n0,2,5\n1,3,5\n", "", vec!["index", "drop=unnamed-1"]),
        ("Unnamed: 0,x\n0,2\n", "", vec!["index", "drop=Unnamed: 0"]),
        ("x,y\n1,1\n", ",drop=x,keep=x", vec!["leaves out"]),
        ("", "", vec!["is empty"]),
        ("x,y\n", "", vec!["has no rows"]),
        ("x,w\n1,2\n2,-1\n", ",weights=w", vec!["line 3, column `w`", "negative"]),
        ("x,w\n1,0\n2,0\n", ",weights=w", vec!["all weights are zero"]),
        ("x,w\n1,1e308\n2,1e308\n", ",weights=w", vec!["infinity"]),
        ("x,mass\n1,1\n", ",weights=mas", vec!["unknown column of", "did you mean `mass`"]),
        ("x,label\n1,1\n", ",drop=lable", vec!["did you mean `label`"]),
        ("x,y\n1,1\n", ",drop=x+y", vec!["no column is a coordinate"]),
        ("x,x\n1,1\n", ",drop=x", vec!["several columns called `x`"]),
        ("x,w\n1,1\n", ",weights=w,drop=w", vec!["drops the column of weights"]),
        ("x,7\n1,1\n", "", vec!["first row", "header=yes or header=no"]),
        ("0,1,2\n1,1,1\n", "", vec!["first row", "header=yes or header=no"]),
    ] {
        let message = load("a.csv", text.as_bytes(), more).expect_err(text).to_string();
        for word in words {
            assert!(message.contains(word), "{text:?}{more}: {message:?} does not say {word:?}");
        }
    }
    let message = load("a.xlsx", b"", "").expect_err("a workbook").to_string();
    assert!(message.contains(".parquet"), "{message}");
    let message = Source::parse("file:path=/no/such/file.csv").expect_err("no file").to_string();
    assert!(message.contains("/no/such/file.csv"), "{message}");
}

/// An NPY file of the given shape.
fn npy<T: npyz::AutoSerialize + Copy>(values: &[T], shape: &[u64], order: npyz::Order) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = npyz::WriteOptions::new().default_dtype().shape(shape).order(order);
    let mut writer = options.writer(&mut bytes).begin_nd().expect("a header");
    writer.extend(values.iter().copied()).expect("as many values as the shape says");
    writer.finish().expect("a buffer in memory");
    bytes
}

#[test]
fn numpy_arrays_are_read_in_either_order_and_any_real_type() {
    use npyz::Order::{C, Fortran};
    let rows = [0.0, 1.0, 2.0, -3.5, 2.0, -3.5, 2.0, -3.5];
    assert_is_the_law(&load("a.npy", &npy(&rows, &[4, 2], C), "").expect("f8"));
    assert_is_the_law(&load("a.npy", &npy(&rows.map(|x| x as f32), &[4, 2], C), "").expect("f4"));
    let columns = [0.0, 2.0, 2.0, 2.0, 1.0, -3.5, -3.5, -3.5];
    assert_is_the_law(&load("a.npy", &npy(&columns, &[4, 2], Fortran), "").expect("Fortran order"));
    let weighted = [0.0, 1.0, 1.0, 2.0, -3.5, 3.0];
    assert_is_the_law(
        &load("a.npy", &npy(&weighted, &[2, 3], C), ",weights=3").expect("a column of weights"),
    );
    let flags = load("a.npy", &npy(&[-1_i8, 1], &[2], C), "").expect("one coordinate");
    assert_eq!(atoms(&flags).points, [-1.0, 1.0]);
    let record = "{'descr': [('x', '>f4'), ('', '|V4'), ('y', '<i2'), ('w', '|u1')], 'fortran_order': False, 'shape': (2,)}";
    let records: [(f32, i16, u8); 2] = [(0.0, 1, 1), (2.0, -3, 3)];
    let bytes: Vec<u8> = records
        .iter()
        .flat_map(|(x, y, w)| [&x.to_be_bytes()[..], &[0; 4], &y.to_le_bytes(), &[*w]].concat())
        .collect();
    let whole =
        [b"\x93NUMPY\x01\x00", &(record.len() as u16).to_le_bytes()[..], record.as_bytes(), &bytes].concat();
    let law = load("a.npy", &whole, ",weights=w").expect("records");
    assert_eq!((atoms(&law).points.as_slice(), atoms(&law).weights[1]), (&[0.0, 1.0, 2.0, -3.0][..], 0.75));
    let halves = "{'descr': '<f2', 'fortran_order': False, 'shape': (2,)}";
    let whole = [
        b"\x93NUMPY\x01\x00",
        &(halves.len() as u16).to_le_bytes()[..],
        halves.as_bytes(),
        &[0, 0x3e, 0, 0xc0],
    ];
    assert_eq!(atoms(&load("a.npy", &whole.concat(), "").expect("halves")).points, [1.5, -2.0]);
    let message = load("a.npy", &npy(&[1_i64 << 53, (1 << 53) + 1], &[2], C), "")
        .expect_err("two integers")
        .to_string();
    assert!(message.contains("row 2") && message.contains("2^53"), "{message}");
    let deep = format!("{}{}", "(".repeat(1000), ")".repeat(1000));
    let deep = [b"\x93NUMPY\x01\x00", &(deep.len() as u16).to_le_bytes()[..], deep.as_bytes()].concat();
    assert!(load("a.npy", &deep, "").expect_err("deep").to_string().contains("too deep"));
    let flags = load("a.npy", &npy(&[true, false], &[2, 1], C), "").expect("booleans");
    assert_eq!(atoms(&flags).points, [1.0, 0.0]);

    let cube = npy(&[0.0; 8], &[2, 2, 2], C);
    let holed = npy(&[0.0, f64::NAN], &[1, 2], C);
    let cut = npy(&rows, &[4, 2], C);
    for (bytes, word) in [
        (cube.as_slice(), "shape [2, 2, 2]"),
        (holed.as_slice(), "row 1, column `2`"),
        (&cut[..cut.len() - 8], "it claims 4 × 2 numbers and holds 7"),
        (b"no array".as_slice(), "damaged or no NumPy array"),
        (&npy::<f64>(&[], &[0, 2], C), "has no rows"),
    ] {
        let message = load("a.npy", bytes, "").expect_err(word).to_string();
        assert!(message.contains(word), "{message:?} does not say {word:?}");
    }
}

/// An NPZ archive of one-dimensional and two-dimensional arrays of f64.
fn npz(path: &Path, arrays: &[(&str, &[f64], &[u64])]) {
    let mut archive = NpzWriter::create(path).expect("a writable folder");
    for (name, values, shape) in arrays {
        let mut writer = archive
            .array(name, Default::default())
            .and_then(|array| array.default_dtype().shape(shape).begin_nd())
            .expect("a new array");
        writer.extend(values.iter().copied()).expect("as many values as the shape says");
        writer.finish().expect("a writable folder");
    }
}

/// A column of weights by its name is never a coordinate unasked, whatever it holds.
#[test]
fn what_is_called_weights_and_is_none_is_asked_about() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("a.csv");
    let said = |text: &str, more: &str| {
        std::fs::write(&path, text).expect("a file");
        Source::parse(&format!("file:path={}{more}", path.display())).expect_err("a refusal").to_string()
    };
    for text in ["x,weight\n1,0.5\n2,-0.5\n", "x,weight\n1,0.5\n2,nan\n", "x,weight\n1,0.5\n2,\n"] {
        assert!(said(text, "").contains("say drop=weight"), "{}", said(text, ""));
    }
    let missing = said("x,weight\n1,0.5\n2,nan\n", ",weights=weight");
    assert!(
        missing.ends_with("the weight NaN is no number: remove the row, or give it its weight"),
        "{missing}"
    );
    let unknown = said("x,weight\n1,0.5\n", ",weights=mass");
    assert!(unknown.contains("(it has x, weight) `mass`"), "{unknown}");
}

#[test]
fn numpy_archives_take_rows_and_weights_from_their_arrays() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("a.npz");
    let x: (&str, &[f64], &[u64]) = ("x", &[0.0, 1.0, 2.0, -3.5], &[2, 2]);
    let arrays = [x, ("w", &[1.0, 3.0], &[2]), ("y", &[7.0], &[1])];
    npz(&path, &arrays);
    let parse = |more: &str| Source::parse(&format!("file:path={}{more}", path.display()));
    assert_is_the_law(&parse(",weights=w,drop=y").expect("an archive"));
    for (more, word) in [
        (",weights=w", "has 1 rows, and `w` has 2: leave one out with drop="),
        (",weights=y,drop=w", "has 1 rows, and `x` has 2"),
        (",weights=v,drop=y", "unknown column"),
        (",drop=y", "looks like weights"),
    ] {
        let message = parse(more).expect_err(more).to_string();
        assert!(message.contains(word), "{more}: {message}");
    }
    npz(&path, &[x, ("w", &[1.0, -3.0], &[2])]);
    let message = parse(",weights=w").expect_err("a negative weight").to_string();
    assert!(message.contains("row 2, column `w`") && message.contains("negative"), "{message}");
}

/// A Parquet file with columns x (required double), y (optional double), n (int32), f (bool), s
/// (string).
fn parquet_file(path: &Path, y: &[Option<f64>]) {
    let schema = "message t { REQUIRED DOUBLE x; OPTIONAL DOUBLE y; REQUIRED INT32 n; REQUIRED BOOLEAN f; \
                  REQUIRED BYTE_ARRAY s (UTF8); REQUIRED INT32 day (DATE); }";
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let file = std::fs::File::create(path).expect("a writable folder");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).expect("a writable file");
    // Two row groups: the first row, and the others.
    for (first, count) in [(0, 1), (1, y.len() - 1)] {
        let mut group = writer.next_row_group().expect("a row group");
        let mut next = 0;
        while let Some(mut column) = group.next_column().expect("a column") {
            let y = &y[first..first + count];
            let levels: Vec<i16> = y.iter().map(|cell| i16::from(cell.is_some())).collect();
            let present: Vec<f64> = y.iter().flatten().copied().collect();
            let x = if first == 0 { 0.0 } else { 2.0 };
            match next {
                0 => column.typed::<DoubleType>().write_batch(&vec![x; count], None, None),
                1 => column.typed::<DoubleType>().write_batch(&present, Some(&levels), None),
                2 | 5 => {
                    column.typed::<Int32Type>().write_batch(&vec![1 + 2 * first as i32; count], None, None)
                }
                3 => column.typed::<BoolType>().write_batch(&vec![true; count], None, None),
                _ => column.typed::<ByteArrayType>().write_batch(&vec!["a".into(); count], None, None),
            }
            .expect("a batch");
            column.close().expect("a column");
            next += 1;
        }
        group.close().expect("a row group");
    }
    writer.close().expect("a file");
}

#[test]
fn parquet_tables_are_read_by_column_name() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("a.parquet");
    parquet_file(&path, &[Some(1.0), Some(-3.5)]);
    let parse = |more: &str| Source::parse(&format!("file:path={}{more}", path.display()));
    assert_is_the_law(&parse(",weights=n,drop=f+s+day").expect("a table"));
    assert_eq!(parse(",weights=n,drop=s+day").expect("a table").dim(), 3);
    for (more, word) in [
        (",weights=n,drop=f+day", "drop=s"),
        (",weights=n,drop=s", "dates"),
        (",drop=z", "unknown column"),
        ("", "weights=n"),
    ] {
        let message = parse(more).expect_err(more).to_string();
        assert!(message.contains(word), "{more}: {message}");
    }
    parquet_file(&path, &[Some(1.0), Some(-3.5), None]);
    let message = parse(",drop=f+s+n+day").expect_err("a null").to_string();
    assert!(message.contains("row 3, column `y`") && message.contains("empty"), "{message}");
    parquet_file(&path, &[Some(1.0), Some(f64::INFINITY)]);
    let message = parse(",drop=f+s+n+day").expect_err("an infinite cell").to_string();
    assert!(message.contains("row 2, column `y`"), "{message}");
    std::fs::File::create(&path)
        .and_then(|mut file| file.write_all(b"PAR1 nonsense"))
        .expect("a writable folder");
    assert!(parse("").expect_err("nonsense").to_string().contains("damaged"));
}

#[test]
fn the_digits_ship_without_their_labels() {
    let digits = Source::parse("digits").expect("the data set is part of the program");
    assert_eq!((digits.dim(), atoms(&digits).len(), digits.spec()), (64, 1797, "digits"));
    assert!(atoms(&digits).points.iter().all(|x| (0.0..=16.0).contains(x) && x.fract() < f64::EPSILON));
    assert!(digits.notes()[0].contains("n = 1797"));
}
