//! What a command says: results on stdout, everything else on stderr, in the language of the shell.
use std::io::{IsTerminal as _, Write as _};

use crate::language::{Language, Text};

/// The terminal or pipe a command talks to.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// The language it talks in.
    pub language: Language,
}

impl Console {
    /// A line of the result. A reader that went away (`| head`) is no error.
    pub fn print(self, line: &str) {
        let _closed_pipe = writeln!(std::io::stdout(), "{line}");
    }

    /// A line about the work.
    pub fn note(self, line: &str) {
        let _closed_pipe = writeln!(std::io::stderr(), "{line}");
    }

    /// A text about the work, with `{0}` … filled in.
    pub fn tell(self, text: Text, values: &[&str]) {
        self.note(self.language.pick(&text.with(values)));
    }

    /// Why it could not be done: one line.
    pub fn complain(self, text: Text, values: &[&str]) {
        let lead = self.language.of(Text("错误：", "error: "));
        self.note(&format!("{lead}{}", self.language.pick(&text.with(values))));
    }

    /// Whether a person watches the work.
    pub fn is_watched(self) -> bool {
        std::io::stderr().is_terminal()
    }
}
