//! Completion scripts: commands, options, and the ids of built-in claims beside files.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap_complete::Shell;

use crate::claim;

/// Takes every text; completions know the ids of the built-in claims.
#[derive(Clone)]
pub(super) struct ClaimName;

impl TypedValueParser for ClaimName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(claim::builtin().iter().map(|(id, _)| PossibleValue::new(*id))))
    }
}

/// The completion script of `shell`.
pub(super) fn script(shell: Shell, mut command: clap::Command) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut command, "klaim", &mut bytes);
    let script = String::from_utf8(bytes).expect("a script is text");
    // Claims are files as well: where zsh is given words it would offer nothing else.
    let ids: Vec<&str> = claim::builtin().iter().map(|(id, _)| *id).collect();
    let words = ids.join(" ");
    if shell == Shell::Fish {
        // It is given nothing for arguments without a flag.
        let line = |name: &str| {
            format!("complete -c klaim -n \"__fish_klaim_using_subcommand {name}\" -a \"{words}\"\n")
        };
        return script + &["verify", "plan", "probe", "show", "export"].map(line).concat();
    }
    let both = format!("{{_alternative \"claims\\:claim\\:({words})\" \"files\\:file\\:_files\"}}");
    script.replace(&format!("({words})"), &both)
}
