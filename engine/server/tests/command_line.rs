//! The program as people and scripts call it: exit codes, what it prints and in which language.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking; clippy only sees #[test] functions as tests")]
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use uuid::Uuid;

/// A folder of one test, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("kontor-command-{}", Uuid::new_v4().simple()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// An app folder with one entity, whose text is given.
    fn with_app(entity: &str) -> Self {
        let folder = Self::new();
        let head =
            r#"{"name": "shop", "version": "1.0.0", "title": {"zh-CN": "商店", "en": "Shop"}, "locales": ["zh-CN", "en"]}"#;
        folder.write("app.json", head);
        folder.write("entities/item.json", entity);
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing is wrong with a test whose folder cannot be removed.
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

const GOOD: &str = r#"{"name": "item", "title": {"zh-CN": "物品", "en": "Item"}, "label": "name", "fields": [
  {"name": "name", "title": {"zh-CN": "名称", "en": "Name"}, "type": "text"}]}"#;
const BAD: &str = r#"{"name": "item", "title": {"zh-CN": "物品", "en": "Item"}, "label": "nmae", "fields": [
  {"name": "name", "title": {"zh-CN": "名称", "en": "Name"}, "type": "text", "colour": 1}]}"#;

fn kontor(language: &str, work: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kontor"));
    for name in ["KONTOR_DATA", "KONTOR_DATABASE", "KONTOR_LISTEN", "LC_ALL", "LC_MESSAGES"] {
        command.env_remove(name);
    }
    command.env("LANG", language).current_dir(work).args(arguments).output().unwrap()
}

fn ends(output: &Output, code: i32) -> String {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

#[test]
fn an_app_folder_is_checked_and_mended() {
    let folder = Folder::with_app(GOOD);
    let missing = ends(&kontor("C", &folder.0, &["app", "check", "."]), 1);
    assert!(missing.contains("missing_id"), "{missing}");
    ends(&kontor("C", &folder.0, &["app", "check", ".", "--fix"]), 0);
    let mended = folder.read("entities/item.json");
    assert!(mended.starts_with("{\n  \"id\": \""), "{mended}");
    ends(&kontor("C", &folder.0, &["app", "check", ".", "--fix"]), 0);
    assert_eq!(folder.read("entities/item.json"), mended, "mending twice changes nothing");
}

#[test]
fn findings_have_places_in_the_language_of_the_shell() {
    let folder = Folder::with_app(BAD);
    let english = ends(&kontor("en_GB.UTF-8", &folder.0, &["app", "check", folder.path()]), 1);
    let chinese = ends(&kontor("zh_CN.UTF-8", &folder.0, &["app", "check", folder.path()]), 1);
    for text in [&english, &chinese] {
        assert!(text.contains(&format!("{}/entities/item.json:2:", folder.path())), "{text}");
        assert!(text.contains("unknown_property"), "{text}");
    }
    assert!(english.contains("error unknown_property") && chinese.contains("错误 unknown_property"));
    let json = kontor("C", &folder.0, &["app", "check", ".", "--json"]);
    let found: Value = serde_json::from_slice(&json.stdout).unwrap();
    let first = found["findings"].as_array().unwrap().iter().find(|one| one["code"] == "unknown_property").unwrap();
    assert_eq!(first["file"], "entities/item.json");
    assert_eq!(first["pointer"], "/fields/0/colour");
    assert_eq!(first["line"], 2);
}

#[test]
fn a_folder_is_packed_and_schemas_are_written() {
    let folder = Folder::with_app(GOOD);
    ends(&kontor("C", &folder.0, &["app", "pack", ".", "-o", "shop.kapp"]), 0);
    assert!(fs::read(folder.0.join("shop.kapp")).unwrap().starts_with(b"PK"));
    ends(&kontor("C", &folder.0, &["app", "schema", "-o", "schemas"]), 0);
    let schema: Value = serde_json::from_str(&folder.read("schemas/entity.json")).unwrap();
    assert!(schema["properties"]["fields"].is_object());
}

#[test]
fn wrong_usage_and_failures_end_differently() {
    let folder = Folder::new();
    let kontor = |arguments: &[&str]| kontor("en", &folder.0, arguments);
    ends(&kontor(&["--help"]), 0);
    ends(&kontor(&["serve", "--help"]), 0);
    ends(&kontor(&["srve"]), 2);
    ends(&kontor(&["serve", "--listen", "nowhere"]), 2);
    ends(&kontor(&["serve", "--demo", "--listen", "0.0.0.0:0"]), 2);
    ends(&kontor(&["app", "check", "missing"]), 3);
    let unreachable = ends(&kontor(&["serve", "--listen", "127.0.0.1:0", "--database", "postgres://a:secret@127.0.0.1:1/a"]), 3);
    assert!(!unreachable.contains("secret") && unreachable.lines().count() == 1, "{unreachable}");
    folder.write("kontor-file", "");
    let no_folder = ends(&kontor(&["serve", "--listen", "127.0.0.1:0", "--data", "kontor-file"]), 3);
    assert!(no_folder.contains("kontor-file"), "{no_folder}");
    folder.write("kontor.toml", "lisen = \"127.0.0.1:0\"");
    assert!(ends(&kontor(&["serve"]), 2).contains("lisen"));
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let text = ends(&kontor("zh_CN.UTF-8", &folder.0, &["serve", "--listen", &address]), 3);
    assert!(text.contains(&address) && text.contains("--listen") && text.lines().count() == 1, "{text}");
}

#[cfg(unix)]
#[test]
fn periodic_work_is_done_without_serving_and_ends_when_told() {
    use std::io::{BufRead as _, BufReader};
    let folder = Folder::new();
    let once = ends(&kontor("C", &folder.0, &["work", "--once"]), 0);
    assert!(once.contains("done"), "{once}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kontor"));
    command.env("LANG", "C").env_remove("KONTOR_DATABASE").env_remove("KONTOR_DATA").current_dir(&folder.0).arg("work");
    let mut worker = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(worker.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("periodic work"), "{line}");
    assert!(Command::new("kill").args(["-TERM", &worker.id().to_string()]).status().unwrap().success());
    assert_eq!(worker.wait().unwrap().code(), Some(0));
}
