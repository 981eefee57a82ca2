//! Makes the folders that are built into the program exist, so that the engine compiles before the web app was built.
use std::{fs, path::Path};

fn main() {
    for folder in ["../../builder-ui/dist", "../../templates-trade"] {
        let path = Path::new(folder);
        if !path.exists()
            && let Err(error) = fs::create_dir_all(path)
        {
            println!("cargo::warning=cannot make {folder}: {error}");
        }
        println!("cargo::rerun-if-changed={folder}");
    }
}
