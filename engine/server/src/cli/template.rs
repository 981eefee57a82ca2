//! The apps that come with the program.
use kontor_apps::package::Package;
use rust_embed::RustEmbed;

/// The trade CRM.
#[derive(RustEmbed)]
#[folder = "../../templates-trade"]
struct Trade;

/// The names of the templates, as the command line takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Template {
    /// Customers, products, price lists, quotes and orders of a trading company
    Trade,
}

/// A template as a package.
pub(super) fn package(template: Template) -> Package {
    match template {
        Template::Trade => embedded::<Trade>(),
    }
}

fn embedded<E: RustEmbed>() -> Package {
    let mut package = Package::default();
    let mut paths: Vec<String> = E::iter().map(|path| path.to_string()).collect();
    paths.sort_unstable();
    for path in paths {
        let Some(file) = E::get(&path) else { continue };
        if path.starts_with("data/") {
            package.data.insert(path, file.data.to_vec());
        } else if path.ends_with(".json")
            && let Ok(text) = std::str::from_utf8(&file.data)
        {
            package.source.files.insert(path, text.to_owned());
        }
    }
    package
}
