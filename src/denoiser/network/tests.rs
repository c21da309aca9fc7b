use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::channel::posterior::BATCH;
use crate::denoiser::{Denoiser, Estimand, build, content, find};
use crate::source::Source;

/// The few kinds of a protobuf message that a graph needs.
struct Message(Vec<u8>);

impl Message {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn varint(&mut self, mut x: u64) {
        while x > 0x7f {
            self.0.push((x & 0x7f) as u8 | 0x80);
            x >>= 7;
        }
        self.0.push(x as u8);
    }

    fn number(mut self, field: u64, x: u64) -> Self {
        self.varint(field << 3);
        self.varint(x);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn part(self, field: u64, part: Self) -> Self {
        self.bytes(field, &part.0)
    }
}

fn node(operator: &str, inputs: &[&str], output: &str) -> Message {
    let node = inputs.iter().fold(Message::new(), |node, name| node.text(1, name));
    node.text(2, output).text(4, operator)
}

/// A float tensor of the graph's interface: `N` a name, numbers as they are.
fn value(name: &str, shape: &[&str]) -> Message {
    let dimensions = shape.iter().fold(Message::new(), |all, size| {
        all.part(
            1,
            match size.parse() {
                Ok(size) => Message::new().number(1, size),
                Err(_) => Message::new().text(2, size),
            },
        )
    });
    let tensor = Message::new().number(1, 1).part(2, dimensions);
    Message::new().text(1, name).part(2, Message::new().part(1, tensor))
}

fn floats(name: &str, numbers: &[f32]) -> Message {
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    Message::new().number(1, numbers.len() as u64).number(2, 1).text(8, name).bytes(9, &bytes)
}

fn integers(name: &str, numbers: &[i64]) -> Message {
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    Message::new().number(1, numbers.len() as u64).number(2, 7).text(8, name).bytes(9, &bytes)
}

/// A model of `nodes` over the constants 1 and [−1, 1] with the output `out`.
fn model(nodes: Vec<Message>, inputs: &[(&str, &[&str])]) -> Vec<u8> {
    let mut graph =
        nodes.into_iter().fold(Message::new(), |graph, node| graph.part(1, node)).text(2, "test");
    graph = graph.part(5, floats("one", &[1.0])).part(5, integers("column", &[-1, 1]));
    for (name, shape) in inputs {
        graph = graph.part(11, value(name, shape));
    }
    graph = graph.part(12, value("out", &["N", "2"]));
    let operators = Message::new().text(1, "").number(2, 17);
    Message::new().number(1, 8).part(7, graph).part(8, operators).0
}

/// The posterior mean of N(0, I), y/(1 + σ²), of states [N, 2] and levels [N].
fn of_gaussian(operator: &str) -> Vec<u8> {
    let nodes = vec![
        node("Mul", &["sigma", "sigma"], "variance"),
        node("Add", &["variance", "one"], "total"),
        node("Reshape", &["total", "column"], "divisor"),
        node(operator, &["y", "divisor"], "out"),
    ];
    model(nodes, &[("y", &["N", "2"]), ("sigma", &["N"])])
}

/// A file of `bytes` in a folder that lives as long as what is returned.
fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn made(source: &str, spec: &str) -> Result<Arc<dyn Denoiser>> {
    build(spec, &Estimand::new(&Arc::new(Source::parse(source).unwrap())))
}

/// States of every size.
fn states(dim: usize) -> Vec<f64> {
    (0..dim * BATCH).map(|i| (i as f64 * 0.7).sin() * (0.3 * i as f64).exp2().min(100.0)).collect()
}

#[test]
fn a_graph_of_the_posterior_mean_is_the_posterior_mean() {
    let (_folder, path) = file(&of_gaussian("Div"));
    let source = "gaussian:dim=2,variance=1";
    let network = made(source, &format!("network:path={}", path.display())).unwrap();
    let exact = made(source, "exact").unwrap();
    for snr in [1e-4, 0.3, 7.0, 1e5] {
        let [mut found, mut expected] = [[0.0; 2 * BATCH]; 2];
        network.estimate(&states(2), snr, &mut found).unwrap();
        exact.estimate(&states(2), snr, &mut expected).unwrap();
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 3e-7 * expected.abs(), "{found} for {expected} at {snr}");
        }
    }
    assert!(network.estimate(&states(2), 0.0, &mut [0.0; 2 * BATCH]).is_err());
    assert!(network.rounding(1.0) > 0.0 && network.rounding(1.0) < 1e-5);
}

#[test]
fn the_hash_is_of_the_bytes() {
    let ((_a, one), (_b, same), (_c, other)) =
        (file(&of_gaussian("Div")), file(&of_gaussian("Div")), file(&of_gaussian("Mul")));
    let hash = |path: &PathBuf| {
        let spec = format!("network:path={}", path.display());
        drop(find(&spec).unwrap());
        content(&spec).rsplit_once(' ').unwrap().1.to_owned()
    };
    assert_eq!(hash(&one), hash(&same));
    assert_ne!(hash(&one), hash(&other));
    // What was written since is read.
    std::fs::write(&one, of_gaussian("Mul")).unwrap();
    assert_eq!(hash(&one), hash(&other));
    // A plan brings the files along that were read.
    let read = crate::table::files::read_so_far();
    assert!(read.iter().filter(|(path, _)| path.ends_with("model.onnx")).count() > 1);
    assert_eq!(content("network:path=nowhere.onnx"), "");
}

#[test]
fn what_a_file_lacks_is_told() {
    let good = of_gaussian("Div");
    let scaled = |operator: &str, shape: &[&str]| {
        model(
            vec![node("Mul", &["y", "sigma"], "x"), node(operator, &["x"], "out")],
            &[("y", shape), ("sigma", &[])],
        )
    };
    for (bytes, source, arguments, parts) in [
        (good.clone(), "bpsk", "", vec!["reads states [N, 2] and not [N, 1]", "`bpsk`"]),
        (good.clone(), "hypercube:dim=2", ",input=x_t", vec!["no input `x_t`", "`y` [N, 2], `sigma` [N]"]),
        (good.clone(), "hypercube:dim=2", ",level=t", vec!["no input `t`", "level=NAME"]),
        (good[..good.len() / 2].to_vec(), "hypercube:dim=2", "", vec!["has no input `y`", "it has none"]),
        (b"no graph at all".to_vec(), "hypercube:dim=2", "", vec!["is no ONNX network"]),
        (scaled("Fancy", &["N", "2"]), "hypercube:dim=2", "", vec!["Fancy"]),
        (scaled("Abs", &["7", "2"]), "hypercube:dim=2", "", vec!["2 states", "dynamic first dimension"]),
        (scaled("Cumulate", &["N", "2"]), "hypercube:dim=2", ",output=x", vec!["output"]),
    ] {
        let (_folder, path) = file(&bytes);
        let spec = format!("network:path={}{arguments}", path.display());
        let message = made(source, &spec).unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
    assert!(made("bpsk", "network:path=nowhere.onnx").unwrap_err().to_string().contains("nowhere.onnx"));
    assert!(made("bpsk", "network").unwrap_err().to_string().contains("path"));
}

/// A network that mixes the samples of a batch is no denoiser.
#[test]
fn an_estimate_that_depends_on_the_batch_is_refused() {
    let nodes = vec![
        node("ReduceMean", &["y"], "mean"),
        node("Sub", &["y", "mean"], "x"),
        node("Mul", &["x", "sigma"], "out"),
    ];
    let (_folder, path) = file(&model(nodes, &[("y", &["N", "2"]), ("sigma", &[])]));
    let message =
        made("hypercube:dim=2", &format!("network:path={}", path.display())).unwrap_err().to_string();
    assert!(message.contains("in a larger batch"), "{message}");
}
