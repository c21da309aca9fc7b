//! Sign and word of the answer to a statement.

use maud::{Markup, html};

use crate::report::answers;
use crate::report::model::{AnswerStanding, StatementReport};

/// Sign and word of an answer.
pub fn answer(statement: &StatementReport) -> Markup {
    let class = match statement.standing {
        AnswerStanding::AsStated => "answer",
        AnswerStanding::NotAsStated => "answer refuted",
        _ => "answer inconclusive",
    };
    html! { span class=(class) { (mark(statement)) " " b { (statement.word()) } } }
}

/// The sign of an answer, each of its own shape.
pub fn mark(statement: &StatementReport) -> Markup {
    html! { span class="mark" aria-hidden="true" { (answers::sign(statement)) } }
}
