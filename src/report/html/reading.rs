//! How to read the page, and how to replay every number on it.

use maud::{Markup, html};

use super::prose::bibliography;
use super::{command, verdict};
use crate::claim::verdict::Verdict;
use crate::report::digits;
use crate::report::model::Report;

/// The closing sections.
pub fn section(report: &Report) -> Markup {
    let run = &report.run;
    html! {
        (bibliography(report))
        section {
            h2 id="reading" { "How to read this" }
            dl {
                dt { "answers" }
                dd { "● holds, on every law tried or by proof · ◉ holds, but is loose: its sides \
                    are never near each other · ◐ holds under a condition that is not in the \
                    statement · ◒ holds for the bound on the quantity, not for the quantity · ✗ \
                    fails. The word is the one on file with the paper's statements; it is printed \
                    only where every claim, control and break that it rests on came out as it \
                    needs, else “not as stated”. Every number beside it comes from the rows." }
                dt { (verdict(Verdict::Supported)) }
                dd { "Consistent within the half-width " i { "h" }
                    ", and sharp enough: a violation as large as the margin would have shown. It \
                    is evidence, not a proof." }
                dt { (verdict(Verdict::Refuted)) }
                dd { "The claim is violated by more than " i { "h" }
                    ". For a control or a break this is what is expected." }
                dt { (verdict(Verdict::Inconclusive)) }
                dd { "Neither. The case says why, and what would decide it." }
                dt { i { "h" } ", half-width" }
                dd { "The quantile of this run's comparisons times the standard error of lhs − \
                    rhs, plus bounds on every deterministic error. "
                    "The level " i { "α" } " = " (digits::plain(run.level, 4)) " is shared by all "
                        (digits::count(run.comparisons))
                    " comparisons and all rounds of sampling, so that the intervals hold together."
                        }
                dt { "margin" }
                dd { "The smallest violation that the run had to be able to see: relative to the \
                    right side, absolute for an exponent." }
                dt { "0.22464(22)" }
                dd { "Concise errors: 0.22464 with a standard error of 0.00022. In tables the \
                    error belongs to lhs − rhs, whose sides share samples." }
                dt { "≤ 0.41, 0.2 … 0.41" }
                dd { "A bracket: the number lies there, and nothing more is said of it. It is \
                    what is proven (or holds at the run's level) where the samples are not to be \
                    believed; it is judged by its ends, is no point of a curve, and is never the \
                    tightest case." }
                dt { "tightest case" }
                dd { "The supported case nearest to a violation, among those whose lhs/rhs is \
                    known to a tenth: the half-width of its interval is at most a tenth of it. \
                    Cases that may be tighter are measured on within the budget; what remains is \
                    left out, and said to be." }
                dt { "believed" }
                dd { "Whether the numbers hold within their errors as far as the run can tell. \
                    Where not, the case says why and stays undecided." }
                dt { "tail k̂" }
                dd { "Pareto shape of the summands' upper tail. From 0.5 the variance may be \
                    infinite; above 0.7 the error bar is not believed and the case stays \
                    undecided." }
                dt { "by margin" }
                dd { "Supported only thanks to the margin: the interval reaches into a violation, \
                    by less than the margin. More samples, or a smaller margin, would decide." }
                dt { "expected" }
                dd { "What the claim file says will come out. A finding other than that is \
                    marked; controls and breaks are expected to be refuted." }
            }
            h2 id="replay" { "How to replay this" }
            p { "The whole run:" }
            (command(&run.command))
            p { "Any single case: the command under its table, which reproduces that number alone, \
                bit for bit (N is the case's number in the first column). "
                "The same rows are in " code { "results.csv" } ", everything on this page is in "
                    code { "report.json" }
                ", and the settings are in " code { "run.toml" } ". This page is written anew from "
                    code { "report.json" } " by" }
            (command("klaim report DIR"))
        }
    }
}
