//! A claim's figure on its own: SVG with its letters as outlines, and PDF with the font embedded, so
//! that both look the same everywhere.

use std::sync::Arc;

use svg2pdf::usvg::fontdb::Database;
use svg2pdf::usvg::{Options, Tree, WriteOptions};
use svg2pdf::{ConversionOptions, PageOptions};

use crate::error::{Error, Result};
use crate::report::model::ClaimReport;
use crate::report::plot;

/// DejaVu Sans, cut to the characters that figures use.
const FONT: &[u8] = include_bytes!("../../../data/fonts/DejaVuSans-subset.ttf");
/// The name that it has of itself.
const FAMILY: &str = "DejaVu Sans";
/// Units left and right of a small figure.
const ROOM: f64 = 24.0;
/// The rules of the page's style sheets that figures need, for paper.
const STYLE: &str = include_str!("figure.css");
/// What the page's variables are on paper.
const COLOURS: [(&str, &str); 11] = [
    ("--c:var(--series-0)", "#0067a5"),
    ("--c:var(--series-1)", "#c4500c"),
    ("--c:var(--series-2)", "#007f5f"),
    ("--c:var(--series-3)", "#9a2f7a"),
    ("--c:var(--series-4)", "#8a6a00"),
    ("--c:var(--series-5)", "#2b8cc4"),
    ("--c:var(--series-6)", "#5b4bb5"),
    ("--c:var(--series-7)", "#b0303f"),
    ("--c:var(--ink)", "#000"),
    ("--c:var(--quiet)", "#999"),
    ("--c:var(--bad)", "#9c1c15"),
];

/// The figure of a claim as stand-alone SVG, its text still text: the small one with names at the
/// curves, or the wide one with a legend. `None` where nothing can be drawn.
fn source(claim: &ClaimReport, wide: bool) -> Option<String> {
    let svg = if wide {
        plot::claim(claim).into_iter().next()?.svg.into_string()
    } else {
        plot::panel::main(claim)?.svg.into_string()
    };
    let svg = COLOURS.iter().fold(svg, |svg, (variable, colour)| {
        svg.replace(&format!("style=\"{variable}\""), &format!("color=\"{colour}\""))
    });
    let (root, body) = svg.split_once('>')?;
    let size = root.split("viewBox=\"0 0 ").nth(1)?.split('"').next()?;
    let (width, height) = size.split_once(' ')?;
    // Names may reach beyond a small figure; a page cuts nothing off, paper does.
    let room = if wide { 0.0 } else { ROOM };
    let width = width.parse::<f64>().ok()? + 2.0 * room;
    let root =
        root.replace(&format!("viewBox=\"0 0 {size}\""), &format!("viewBox=\"-{room} 0 {width} {height}\""));
    Some(format!(
        "{root} xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"{FAMILY}\"><style>{STYLE}</style>{body}"
    ))
}

/// The drawing, with the one font that it may use.
///
/// # Errors
/// [`Error::Invalid`] for a claim without anything to draw.
fn tree(claim: &ClaimReport, wide: bool) -> Result<Tree> {
    let nothing = || Error::invalid(format!("claim `{}`", claim.header.id), "has nothing finite to draw");
    let text = source(claim, wide).ok_or_else(nothing)?;
    let mut fonts = Database::new();
    fonts.load_font_data(FONT.to_vec());
    let options = Options { font_family: FAMILY.into(), fontdb: Arc::new(fonts), ..Options::default() };
    Tree::from_str(&text, &options)
        .map_err(|e| Error::invalid(format!("figure of `{}`", claim.header.id), e.to_string()))
}

/// The figure as SVG without fonts: letters are outlines.
///
/// # Errors
/// [`Error::Invalid`] for a claim without anything to draw.
pub fn svg(claim: &ClaimReport, wide: bool) -> Result<String> {
    let options = WriteOptions { preserve_text: false, ..WriteOptions::default() };
    Ok(tree(claim, wide)?.to_string(&options) + "\n")
}

/// The figure as PDF, a unit a point, its font embedded.
///
/// # Errors
/// [`Error::Invalid`] for a claim without anything to draw.
pub fn pdf(claim: &ClaimReport, wide: bool) -> Result<Vec<u8>> {
    let tree = tree(claim, wide)?;
    svg2pdf::to_pdf(&tree, ConversionOptions::default(), PageOptions::default())
        .map_err(|e| Error::invalid(format!("figure of `{}`", claim.header.id), e.to_string()))
}
