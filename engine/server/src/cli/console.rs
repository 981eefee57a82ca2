//! What a command says: results on stdout, everything else on stderr, in the language of the shell.
use std::io::{IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    install::Progress,
    language::{Language, Text},
};

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

    /// A bar for data that is being imported; a line per finished entity where nobody watches.
    pub(crate) fn progress(self) -> Box<Progress<'static>> {
        let watched = self.is_watched();
        let bar = if watched { ProgressBar::no_length() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("  {msg:<16} {bar:40} {pos}/{len}") {
            bar.set_style(style);
        }
        Box::new(move |entity, done, all| {
            bar.set_message(entity.to_owned());
            bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
            if done == all {
                if watched {
                    bar.println(format!("  {entity:<16} {all}"));
                } else {
                    self.note(&format!("  {entity:<16} {all}"));
                }
            }
        })
    }

    /// Whether a person watches the work.
    pub fn is_watched(self) -> bool {
        std::io::stderr().is_terminal()
    }
}
