//! The structure of `src/`: arrows point one way, no two files need each other, a name means one
//! thing, files stay short.
//!
//! An arrow goes from a file to the file of a module whose item it names, by `crate::…` or
//! `super::…`, tests left out. What a folder's `mod.rs` names of its own files (its table of kinds,
//! what it re-exports) is no arrow: it gathers them.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Most names in the face, `pub use` of `src/lib.rs`.
const FACE: usize = 60;
/// Most lines of a file, its tests left out.
const LINES: usize = 400;
/// Largest median of the files' lines.
const MEDIAN: usize = 150;
/// Type names that several private types may share.
const SHARED: usize = 10;
/// Columns of a line, and the share of lines, in per cent, that may be longer.
const COLUMNS: (usize, usize) = (100, 3);
/// Crates that serve the command line alone.
const OF_THE_COMMAND_LINE: [&str; 4] = ["clap", "clap_complete", "indicatif", "miette"];

/// Modules by their path: `["channel", "snr"]`.
type Modules = BTreeMap<Vec<String>, Module>;

struct Module {
    text: String,
    syntax: syn::File,
}

impl Module {
    fn new(text: &str) -> Self {
        let mut syntax = syn::parse_file(text).expect("a file that compiles");
        syntax.items.retain(|item| !is_test(item));
        Self { text: text.to_owned(), syntax }
    }

    /// The text before the tests in it.
    fn lines(&self) -> usize {
        let tests = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        self.text[..tests].lines().count()
    }
}

fn is_test(item: &syn::Item) -> bool {
    let syn::Item::Mod(module) = item else { return false };
    let cfg = |attribute: &syn::Attribute| match &attribute.meta {
        syn::Meta::List(list) if attribute.path().is_ident("cfg") => {
            list.tokens.to_string().contains("test")
        }
        _ => false,
    };
    module.attrs.iter().any(cfg)
}

/// Every module under `src`, the test files of a folder left out.
fn modules() -> Modules {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut found) = (vec![src.clone()], Modules::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = name_of(path.strip_prefix(&src).unwrap());
                found.insert(name, Module::new(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    // A file that its folder declares for tests alone.
    let tests: Vec<Vec<String>> = found.keys().filter(|name| for_tests(name, &found)).cloned().collect();
    found.retain(|name, _| !tests.contains(name) && *name != ["main"]);
    found
}

fn name_of(path: &Path) -> Vec<String> {
    let mut name: Vec<String> =
        path.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if name.last().is_some_and(|last| last == "mod") {
        name.pop();
    }
    name
}

fn for_tests(name: &[String], modules: &Modules) -> bool {
    let [folder @ .., last] = name else { return false };
    if *name == ["lib"] || *name == ["main"] {
        return false;
    }
    let parent = if folder.is_empty() { &["lib".to_owned()][..] } else { folder };
    let Some(parent) = modules.get(parent) else { return false };
    let declared = |item: &syn::Item| matches!(item, syn::Item::Mod(module) if module.ident == last && module.content.is_none());
    !parent.syntax.items.iter().any(declared)
}

/// The paths that a module names, from the root of the crate.
struct Paths<'a> {
    module: &'a [String],
    found: BTreeSet<Vec<String>>,
    crates: BTreeSet<String>,
}

impl Paths<'_> {
    fn add(&mut self, path: &[String]) {
        let Some(first) = path.first() else { return };
        let up = path.iter().take_while(|part| *part == "super").count();
        if first == "crate" {
            self.found.insert(path[1..].to_vec());
        } else if up > 0 && up <= self.module.len() {
            let base = &self.module[..self.module.len() - up];
            self.found.insert([base, &path[up..]].concat());
        } else {
            self.crates.insert(first.clone());
        }
    }

    fn add_tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| [prefix, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) if name.ident == "self" => self.add(prefix),
            syn::UseTree::Name(name) => self.add(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.add(prefix),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(prefix, tree)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1 {
            self.add(&parts);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, macro_: &'ast syn::Macro) {
        // What stands in a macro is no syntax yet: its words that are joined by `::`.
        let text = macro_.tokens.to_string();
        for word in
            text.replace(" :: ", "::").split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        {
            let parts: Vec<String> = word.split("::").map(str::to_owned).collect();
            if parts.len() > 1 && parts.iter().all(|part| !part.is_empty() && !part.contains(':')) {
                self.add(&parts);
            }
        }
        visit::visit_macro(self, macro_);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        // Inside a module within the file `super` is the file itself.
        let inner = [self.module, &[module.ident.to_string()]].concat();
        let mut paths = Paths { module: &inner, found: BTreeSet::new(), crates: BTreeSet::new() };
        visit::visit_item_mod(&mut paths, module);
        self.found.extend(paths.found);
        self.crates.extend(paths.crates);
    }
}

fn paths<'a>(name: &'a [String], module: &Module) -> Paths<'a> {
    let mut paths = Paths { module: name, found: BTreeSet::new(), crates: BTreeSet::new() };
    paths.visit_file(&module.syntax);
    paths
}

/// The modules whose items each module names.
fn arrows(modules: &Modules) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let target = |path: &Vec<String>| {
        (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|m| modules.contains_key(m))
    };
    let of = |(name, module): (&Vec<String>, &Module)| {
        let named: BTreeSet<Vec<String>> = paths(name, module).found.iter().filter_map(target).collect();
        let gathers = |to: &Vec<String>| to.starts_with(name);
        (name.clone(), named.into_iter().filter(|to| !gathers(to)).collect())
    };
    modules.iter().filter(|(name, _)| *name != &["lib"]).map(of).collect()
}

/// The top modules in the order in which `lib.rs` declares them.
fn order(modules: &Modules) -> Vec<String> {
    let declared = |item: &syn::Item| match item {
        syn::Item::Mod(module) if module.content.is_none() => Some(module.ident.to_string()),
        _ => None,
    };
    modules[&vec!["lib".to_owned()]].syntax.items.iter().filter_map(declared).collect()
}

/// Arrows against the order, and a circle if there is one, in words.
fn faults(modules: &Modules) -> Vec<String> {
    let (arrows, order) = (arrows(modules), order(modules));
    let place =
        |module: &[String]| order.iter().position(|top| *top == module[0]).expect("a declared module");
    let mut faults = Vec::new();
    for (from, to) in arrows.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to))) {
        if place(to) > place(from) {
            faults.push(format!("{} needs {}, which comes later", from.join("::"), to.join("::")));
        }
    }
    // What is needed by nothing that is left is taken away, until only circles are left.
    let mut left = arrows;
    loop {
        let done: Vec<Vec<String>> = left
            .iter()
            .filter(|(_, to)| !to.iter().any(|to| left.contains_key(to)))
            .map(|(from, _)| from.clone())
            .collect();
        if done.is_empty() {
            break;
        }
        done.iter().for_each(|module| drop(left.remove(module)));
    }
    loop {
        let done: Vec<Vec<String>> =
            left.keys().filter(|module| !left.values().any(|to| to.contains(*module))).cloned().collect();
        if done.is_empty() {
            break;
        }
        done.iter().for_each(|module| drop(left.remove(module)));
    }
    if !left.is_empty() {
        let names: Vec<String> = left.keys().map(|module| module.join("::")).collect();
        faults.push(format!("in a circle, or between two: {}", names.join(", ")));
    }
    faults
}

#[test]
fn arrows_point_one_way() {
    let faults = faults(&modules());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The check sees an arrow against the order and a circle between two files.
#[test]
fn planted_arrows_are_seen() {
    let name = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    let plant = |into: &str, text: &str| {
        let mut modules = modules();
        let module = modules.get_mut(&name(into)).expect("a module");
        *module = Module::new(&format!("{}\n{text}", module.text));
        faults(&modules)
    };
    let against = plant("numeric::stream", "fn planted() { crate::claim::builtin(); }");
    assert!(against[0].contains("numeric::stream needs claim, which comes later"), "{against:?}");
    let circle = plant("channel::snr", "use crate::channel::posterior::grid::Planted;");
    let within = plant("channel::posterior::grid", "use super::super::snr::Snr as Planted;");
    assert_eq!((circle.len(), within.len()), (0, 0), "{circle:?} {within:?}");
    let mut both = modules();
    for (into, text) in [
        ("channel::snr", "fn f(_: crate::channel::posterior::grid::Planted) {}"),
        ("channel::posterior::grid", "use super::super::snr::Snr as Planted;"),
    ] {
        let module = both.get_mut(&name(into)).unwrap();
        *module = Module::new(&format!("{}\n{text}", module.text));
    }
    assert!(faults(&both).iter().any(|fault| fault.contains("circle")), "{:?}", faults(&both));
}

#[test]
fn the_face_is_one_list() {
    let modules = modules();
    let lib = &modules[&vec!["lib".to_owned()]];
    fn names(tree: &syn::UseTree) -> usize {
        match tree {
            syn::UseTree::Path(path) => names(&path.tree),
            syn::UseTree::Group(group) => group.items.iter().map(names).sum(),
            syn::UseTree::Glob(_) => usize::MAX / 2,
            _ => 1,
        }
    }
    let uses = lib.syntax.items.iter().filter_map(|item| match item {
        syn::Item::Use(item) if matches!(item.vis, syn::Visibility::Public(_)) => Some(names(&item.tree)),
        _ => None,
    });
    let (face, public) = (uses.sum::<usize>(), |item: &&syn::Item| match item {
        syn::Item::Mod(module) => {
            module.content.is_none() && matches!(module.vis, syn::Visibility::Public(_))
        }
        _ => false,
    });
    assert!((1..=FACE).contains(&face), "{face} names");
    assert_eq!(lib.syntax.items.iter().filter(public).count(), 0, "modules are private");
}

#[test]
fn a_type_name_is_one_thing() {
    let (mut public, mut private) =
        (BTreeMap::<String, Vec<String>>::new(), BTreeMap::<String, Vec<String>>::new());
    for (name, module) in &modules() {
        for item in &module.syntax.items {
            let (visibility, ident) = match item {
                syn::Item::Struct(item) => (&item.vis, &item.ident),
                syn::Item::Enum(item) => (&item.vis, &item.ident),
                syn::Item::Trait(item) => (&item.vis, &item.ident),
                syn::Item::Type(item) => (&item.vis, &item.ident),
                _ => continue,
            };
            let names =
                if matches!(visibility, syn::Visibility::Public(_)) { &mut public } else { &mut private };
            names.entry(ident.to_string()).or_default().push(name.join("::"));
        }
    }
    let twice: Vec<_> = public.iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(twice.is_empty(), "public types of one name: {twice:#?}");
    let shared: Vec<_> = private
        .iter()
        .filter(|(name, places)| places.len() + public.get(*name).map_or(0, Vec::len) > 1)
        .collect();
    assert!(shared.len() <= SHARED, "{} private names are shared: {shared:#?}", shared.len());
}

#[test]
fn files_are_short() {
    let modules = modules();
    let mut sizes: Vec<(usize, String)> =
        modules.iter().map(|(name, m)| (m.lines(), name.join("::"))).collect();
    sizes.sort();
    let (median, longest) = (&sizes[sizes.len() / 2], sizes.last().unwrap());
    assert!(longest.0 <= LINES, "{} has {} lines", longest.1, longest.0);
    assert!(median.0 <= MEDIAN, "the median is {} lines", median.0);
    let lines = || modules.values().flat_map(|module| module.text.lines());
    let long = lines().filter(|line| line.chars().count() > COLUMNS.0).count();
    let share = 100 * long / lines().count();
    assert!(share <= COLUMNS.1, "{long} lines, {share} %, are longer than {} columns", COLUMNS.0);
}

#[test]
fn the_command_line_stays_in_its_folder() {
    for (name, module) in modules().iter().filter(|(name, _)| name[0] != "cli") {
        let used: Vec<String> = paths(name, module)
            .crates
            .into_iter()
            .filter(|c| OF_THE_COMMAND_LINE.contains(&c.as_str()))
            .collect();
        let derived = module.text.contains("derive(") && module.text.contains("clap::");
        assert!(used.is_empty() && !derived, "{} uses {used:?}", name.join("::"));
    }
}

/// The names of files that a newcomer must not have to guess.
#[test]
fn no_module_is_called_a_drawer() {
    let drawers = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];
    let found: Vec<PathBuf> = modules()
        .keys()
        .filter(|name| drawers.contains(&name.last().unwrap().as_str()))
        .map(|name| name.iter().collect())
        .collect();
    assert!(found.is_empty(), "{found:?}");
}
