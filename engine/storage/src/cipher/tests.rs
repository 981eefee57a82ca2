//! Sealed values open where they were sealed and nowhere else; the key file is made once and must stay the same.
use kontor_definitions::{Plain, Value};
use rust_decimal::Decimal;
use time::{OffsetDateTime, macros::date, macros::time};
use uuid::Uuid;

use super::{Cell, Cipher, KeyFile, from_hex, hex};
use crate::{
    StorageError,
    tests::{
        Folder,
        catalog::{entity_id, field_id},
    },
};

fn cell(record: u128) -> Cell {
    Cell { entity: entity_id("entity01"), field: field_id("field001"), record: Uuid::from_u128(record) }
}

fn key_file(folder: &Folder) -> KeyFile {
    let file = KeyFile::at(folder.0.join("kontor.key"));
    file.ensure().unwrap();
    file
}

#[test]
fn every_type_comes_back() {
    let folder = Folder::new();
    let cipher = Cipher::make(&key_file(&folder), "t_1").unwrap();
    let values = [
        (Value::Text("Grüße 你好".to_owned()), Plain::Text),
        (Value::Text(String::new()), Plain::Text),
        (Value::Number(Decimal::new(-42, 0)), Plain::Integer),
        (Value::Number(Decimal::new(12_345_600, 4)), Plain::Decimal { scale: 4 }),
        (Value::Date(date!(2026 - 02 - 28)), Plain::Date),
        (Value::Time(time!(23:59:58)), Plain::Time),
        (Value::Instant(OffsetDateTime::from_unix_timestamp_nanos(-1_234_567_000).unwrap()), Plain::Instant),
    ];
    for (value, ty) in values {
        let sealed = cipher.seal(cell(1), &value).unwrap();
        assert_eq!(cipher.open(cell(1), &sealed, ty), Some(value.clone()));
        assert_ne!(cipher.seal(cell(1), &value).unwrap(), sealed, "a nonce is used once");
        let other = if ty == Plain::Text { Plain::Date } else { Plain::Text };
        assert_eq!(cipher.open(cell(1), &sealed, other), None);
    }
}

#[test]
fn a_value_opens_only_in_its_place() {
    let folder = Folder::new();
    let file = key_file(&folder);
    let cipher = Cipher::make(&file, "t_1").unwrap();
    let value = Value::Text("secret".to_owned());
    let sealed = cipher.seal(cell(1), &value).unwrap();
    let moved = [cell(2), Cell { field: field_id("field002"), ..cell(1) }, Cell { entity: entity_id("entity02"), ..cell(1) }];
    assert!(moved.iter().all(|place| cipher.open(*place, &sealed, Plain::Text).is_none()));
    for place in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[place] ^= 1;
        assert_eq!(cipher.open(cell(1), &damaged, Plain::Text), None);
    }
    assert_eq!(cipher.open(cell(1), &[], Plain::Text), None);
    assert_eq!(cipher.open_note(cell(1), &hex(&sealed)), None, "a value is no note");
    let other = Cipher::make(&file, "t_1").unwrap();
    assert_eq!(other.open(cell(1), &sealed, Plain::Text), None, "each tenant has a key of its own");
}

#[test]
fn equal_values_of_a_field_have_one_fingerprint() {
    let folder = Folder::new();
    let cipher = Cipher::make(&key_file(&folder), "t_1").unwrap();
    let (entity, field) = (entity_id("entity01"), field_id("field001"));
    let print = |field, value: &Value| cipher.fingerprint(entity, field, value).unwrap();
    let (one, two) = (Value::Number(Decimal::new(10, 1)), Value::Number(Decimal::new(1, 0)));
    assert_eq!(print(field, &one), print(field, &two));
    assert_ne!(print(field, &one), print(field_id("field002"), &one));
    assert_ne!(print(field, &one), print(field, &Value::Text("1".to_owned())));
}

#[test]
fn the_key_file_is_private_and_must_stay() {
    let folder = Folder::new();
    let file = key_file(&folder);
    let path = folder.0.join("kontor.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let wrapped = Cipher::make(&file, "t_1").unwrap().wrapped().to_owned();
    let open = |tenant: &str| Cipher::unwrap(&KeyFile::at(path.clone()), tenant, wrapped.clone());
    assert!(open("t_1").is_ok());
    assert!(matches!(open("t_2"), Err(StorageError::KeyFile(_))), "a data key is of one tenant");
    std::fs::write(&path, text.replace('1', "2")).unwrap();
    assert!(matches!(open("t_1"), Err(StorageError::KeyFile(_))));
    std::fs::write(&path, "nonsense").unwrap();
    let Err(StorageError::KeyFile(said)) = KeyFile::at(path.clone()).ensure() else { panic!("it holds no key") };
    assert!(said.contains("holds no key"), "{said}");
    std::fs::remove_file(&path).unwrap();
    let Err(StorageError::KeyFile(said)) = open("t_1") else { panic!("it is not there") };
    assert!(said.contains("is missing"), "{said}");
    assert!(!path.exists(), "reading makes no key");
}

#[test]
fn of_servers_that_start_at_once_one_makes_the_key_file() {
    for _ in 0..50 {
        let folder = Folder::new();
        let path = folder.0.join("kontor.key");
        let prints: Vec<String> = std::thread::scope(|scope| {
            let make = || {
                let file = KeyFile::at(path.clone());
                file.ensure().unwrap();
                file.fingerprint().unwrap()
            };
            let servers: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            servers.into_iter().map(|server| server.join().unwrap()).collect()
        });
        assert!(prints.iter().all(|print| *print == prints[0]), "{prints:?}");
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "nothing else is left");
    }
}

#[test]
fn digits_and_bytes_are_the_same() {
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(from_hex(&hex(&bytes)), Some(bytes));
    assert_eq!(from_hex("0"), None);
    assert_eq!(from_hex("zz"), None);
}
