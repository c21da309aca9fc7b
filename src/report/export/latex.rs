//! Text and tables for LaTeX (`booktabs`), for pdfTeX with any encoding: no character is beyond ASCII.

use super::ExportTable;
use crate::report::markup::{MarkupPiece, parse};

/// Characters in mathematics.
const MATHS: [(char, &str); 58] = [
    ('α', "\\alpha"),
    ('β', "\\beta"),
    ('γ', "\\gamma"),
    ('δ', "\\delta"),
    ('ε', "\\varepsilon"),
    ('ζ', "\\zeta"),
    ('η', "\\eta"),
    ('θ', "\\theta"),
    ('ι', "\\iota"),
    ('κ', "\\kappa"),
    ('λ', "\\lambda"),
    ('μ', "\\mu"),
    ('ν', "\\nu"),
    ('ξ', "\\xi"),
    ('π', "\\pi"),
    ('ρ', "\\rho"),
    ('σ', "\\sigma"),
    ('τ', "\\tau"),
    ('φ', "\\varphi"),
    ('χ', "\\chi"),
    ('ψ', "\\psi"),
    ('ω', "\\omega"),
    ('Γ', "\\Gamma"),
    ('Δ', "\\Delta"),
    ('Θ', "\\Theta"),
    ('Λ', "\\Lambda"),
    ('Σ', "\\Sigma"),
    ('Φ', "\\Phi"),
    ('Ψ', "\\Psi"),
    ('Ω', "\\Omega"),
    ('≤', "\\le"),
    ('≥', "\\ge"),
    ('≠', "\\ne"),
    ('≈', "\\approx"),
    ('≡', "\\equiv"),
    ('−', "-"),
    ('±', "\\pm"),
    ('×', "\\times"),
    ('·', "\\cdot"),
    ('∞', "\\infty"),
    ('∫', "\\int"),
    ('∂', "\\partial"),
    ('√', "\\surd"),
    ('→', "\\to"),
    ('∈', "\\in"),
    ('‖', "\\|"),
    ('′', "'"),
    ('½', "\\tfrac12"),
    ('¼', "\\tfrac14"),
    ('∝', "\\propto"),
    ('∑', "\\sum"),
    ('⟨', "\\langle"),
    ('⟩', "\\rangle"),
    ('✓', "\\surd"),
    ('✗', "\\times"),
    ('|', "|"),
    ('<', "<"),
    ('>', ">"),
];
/// Superscript characters and what is raised.
const RAISED: [(char, char); 12] = [
    ('⁰', '0'),
    ('¹', '1'),
    ('²', '2'),
    ('³', '3'),
    ('⁴', '4'),
    ('⁵', '5'),
    ('⁶', '6'),
    ('⁷', '7'),
    ('⁸', '8'),
    ('⁹', '9'),
    ('⁻', '-'),
    ('⁺', '+'),
];

/// Subscript digits, from ₀ on.
const LOWERED: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];

/// Text in the markup of [`crate::report::markup`] as LaTeX.
pub fn text(markup: &str) -> String {
    pieces(&parse(markup))
}

fn pieces(all: &[MarkupPiece]) -> String {
    let piece = |piece: &MarkupPiece| match piece {
        MarkupPiece::Plain(text) => characters(text),
        MarkupPiece::Italic(text) => format!("\\textit{{{}}}", characters(text)),
        MarkupPiece::Lowered(script) => format!("\\textsubscript{{{}}}", pieces(script)),
        MarkupPiece::Raised(script) => format!("\\textsuperscript{{{}}}", pieces(script)),
    };
    all.iter().map(piece).collect()
}

fn characters(text: &str) -> String {
    let raised = |c: char| RAISED.iter().find(|(from, _)| *from == c).map(|(_, to)| *to);
    let (mut tex, mut script) = (String::new(), String::new());
    for c in text.chars() {
        if let Some(to) = raised(c) {
            script.push(to);
            continue;
        }
        close(&mut tex, &mut script);
        match c {
            _ if LOWERED.contains(&c) => {
                let digit = LOWERED.iter().position(|l| *l == c).unwrap_or_default();
                tex.push_str(&format!("\\ensuremath{{_{digit}}}"));
            }
            '\\' => tex.push_str("\\textbackslash{}"),
            '^' => tex.push_str("\\textasciicircum{}"),
            '~' => tex.push_str("\\textasciitilde{}"),
            '{' | '}' | '$' | '&' | '#' | '%' | '_' => tex.extend(['\\', c]),
            '…' => tex.push_str("\\dots{}"),
            '–' => tex.push_str("--"),
            '—' => tex.push_str("---"),
            '\u{202f}' | '\u{2009}' => tex.push_str("\\,"),
            '\u{a0}' => tex.push('~'),
            _ => match MATHS.iter().find(|(from, _)| *from == c) {
                Some((_, maths)) => tex.push_str(&format!("\\ensuremath{{{maths}}}")),
                None if c.is_ascii() => tex.push(c),
                None => tex.push_str(&latin(c)),
            },
        }
    }
    close(&mut tex, &mut script);
    tex
}

/// Ends a run of raised characters.
fn close(tex: &mut String, script: &mut String) {
    if !script.is_empty() {
        tex.push_str(&format!("\\ensuremath{{^{{{script}}}}}"));
        script.clear();
    }
}

/// An accented letter with its accent, `?` for what has no name here.
fn latin(c: char) -> String {
    let known = [
        ('é', "\\'e"),
        ('è', "\\`e"),
        ('á', "\\'a"),
        ('ó', "\\'o"),
        ('ä', "\\\"a"),
        ('ö', "\\\"o"),
        ('ü', "\\\"u"),
        ('č', "\\v{c}"),
        ('ć', "\\'c"),
        ('š', "\\v{s}"),
        ('ž', "\\v{z}"),
        ('ß', "\\ss{}"),
        ('’', "'"),
        ('“', "``"),
        ('”', "''"),
    ];
    known.iter().find(|(from, _)| *from == c).map_or_else(|| "?".into(), |(_, tex)| format!("{{{tex}}}"))
}

/// A floating table with `booktabs` rules, caption and label, no wider than the text; `bib` stands in comments under it.
pub fn table(table: &ExportTable, label: &str, bib: &str) -> String {
    let columns: String =
        table.header.iter().enumerate().map(|(k, _)| if k == 0 { 'l' } else { 'r' }).collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().map(|cell| text(cell)).collect::<Vec<_>>();
        format!("    {} \\\\\n", cells.join(" & "))
    };
    let rows: String = table.rows.iter().map(|row| line(row)).collect();
    let comment: String = bib.lines().map(|line| format!("% {line}\n")).collect();
    format!(
        "% \\usepackage{{booktabs,graphicx}}\n\\begin{{table}}\n  \\centering\\small\n  \\caption{{{}}}\n  \\label{{tab:{label}}}\n  \
         \\resizebox{{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}}{{!}}{{%\n  \
         \\begin{{tabular}}{{{columns}}}\n    \\toprule\n{}    \\midrule\n{rows}    \\bottomrule\n  \\end{{tabular}}}}\n\\end{{table}}\n{comment}",
        text(&table.caption),
        line(&table.header)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_ascii_that_tex_reads() {
        for (markup, tex) in [
            ("γ² ≤ 4", "\\ensuremath{\\gamma}\\ensuremath{^{2}} \\ensuremath{\\le} 4"),
            ("1.2(3)×10⁻⁸", "1.2(3)\\ensuremath{\\times}10\\ensuremath{^{-8}}"),
            ("H_½ & 5 %", "H\\textsubscript{\\ensuremath{\\tfrac12}} \\& 5 \\%"),
            ("snr\\_min", "snr\\_min"),
        ] {
            assert_eq!(text(markup), tex);
            assert!(text(markup).is_ascii());
        }
    }
}
