//! Packages from anybody: what is refused, and that reading gives back what was written.
use std::io::{Cursor, Write as _};

use zip::{ZipWriter, write::SimpleFileOptions};

use super::{MAX_FILE, MAX_FILES, Package, folder, kapp};
use crate::error::{AppError, PackageProblem};

fn package() -> Package {
    let mut package = Package::default();
    for (path, text) in [
        ("app.json", "{\n  \"name\": \"shop\",\n  \"version\": \"1.2.0\"\n}\n"),
        ("entities/item.json", "{}\n"),
        ("translations/zh-CN.json", "{\"a\": \"货品\"}"),
    ] {
        package.source.files.insert(path.to_owned(), text.to_owned());
    }
    package.data.insert("data/sample/item.csv".to_owned(), b"name\nbox\n".to_vec());
    package
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn problem(bytes: &[u8]) -> PackageProblem {
    match kapp::read(bytes) {
        Err(AppError::Package(problem)) => problem,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_package_reads_back_and_is_always_the_same_bytes() {
    let bytes = kapp::write(&package()).unwrap();
    assert_eq!(kapp::read(&bytes).unwrap(), package());
    assert_eq!(kapp::write(&package()).unwrap(), bytes);
    assert_eq!(package().app().unwrap(), ("shop".to_owned(), "1.2.0".to_owned()));
}

#[test]
fn paths_that_leave_the_folder_are_refused() {
    let corpus = [
        "../evil.json",
        "../../etc/cron.d/evil.json",
        "/etc/evil.json",
        "entities/../../evil.json",
        "entities/../item.json",
        "entities/./item.json",
        "entities//item.json",
        "./entities/item.json",
        "..\\evil.json",
        "entities\\item.json",
        "C:\\evil.json",
        "C:/evil.json",
        "\\\\server\\share\\evil.json",
        ".git/config.json",
        "entities/.item.json",
        "entities/it\nem.json",
        "entities/it\u{0}em.json",
        "a/b/c/d/e/f/g/h/i.json",
        "../data/",
        "data/../../x/",
    ];
    for path in corpus {
        let found = problem(&zipped(&[("app.json", b"{}"), (path, b"{}")]));
        assert!(matches!(found, PackageProblem::Path(_) | PackageProblem::Unreadable), "{path:?}: {found:?}");
    }
    let long = format!("entities/{}.json", "x".repeat(300));
    assert!(matches!(problem(&zipped(&[(&long, b"{}")])), PackageProblem::Path(_)));
}

#[test]
fn links_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("entities/item.json", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert!(matches!(problem(&bytes), PackageProblem::Path(_)));
}

#[test]
fn what_is_too_large_is_refused_before_it_is_unpacked() {
    let large = vec![b' '; usize::try_from(MAX_FILE).unwrap() + 1];
    let bytes = zipped(&[("entities/item.json", &large)]);
    assert!(bytes.len() < 100_000, "a small file that unpacks to a large one");
    assert_eq!(problem(&bytes), PackageProblem::TooLarge);
    let names: Vec<String> = (0..=MAX_FILES).map(|number| format!("data/{number}.csv")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert_eq!(problem(&zipped(&files)), PackageProblem::TooLarge);
    let part = vec![b' '; usize::try_from(MAX_FILE).unwrap()];
    let names: Vec<String> = (0..17).map(|number| format!("data/{number}.csv")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), part.as_slice())).collect();
    assert_eq!(problem(&zipped(&files)), PackageProblem::TooLarge);
}

#[test]
fn damaged_files_and_other_text_are_refused() {
    assert_eq!(problem(b"PK\x03\x04 nothing"), PackageProblem::Unreadable);
    assert_eq!(problem(b""), PackageProblem::Unreadable);
    assert_eq!(problem(&zipped(&[("app.json", b"\xff\xfe{}")])), PackageProblem::Encoding("app.json".to_owned()));
    let whole = kapp::write(&package()).unwrap();
    for cut in [whole.len() / 3, whole.len() / 2, whole.len() - 10] {
        assert!(kapp::read(&whole[..cut]).is_err());
    }
    assert!(matches!(Package::default().app(), Err(AppError::Package(PackageProblem::NoApp))));
}

#[test]
fn a_folder_reads_back_and_old_documents_go() {
    let path = std::env::temp_dir().join(format!("kontor-apps-folder-{}", std::process::id()));
    folder::write(&package(), &path).unwrap();
    std::fs::write(path.join("README.md"), "kept").unwrap();
    std::fs::write(path.join("entities/.item.json.swp"), "left out").unwrap();
    assert_eq!(folder::read(&path).unwrap(), package());
    let mut smaller = package();
    smaller.source.files.shift_remove("entities/item.json");
    folder::write(&smaller, &path).unwrap();
    assert_eq!(folder::read(&path).unwrap(), smaller);
    assert!(path.join("README.md").is_file());
    std::fs::remove_dir_all(&path).unwrap();
    assert!(matches!(folder::read(&path), Err(AppError::Package(PackageProblem::Disk(_)))));
}
