//! Files and thumbnails on a full disk: refused or drawn without being kept, and nothing stays behind.
use std::fs;

use serde_json::{Value as Json, json};

use super::full_disk::{Filled, assert_told};
use crate::harness::node::{Address, Person, Reply};

fn upload(at: Address, person: &Person, bytes: &[u8]) -> Reply {
    at.send(person, "POST /api/files?name=a.png", Some(("image/png", bytes))).unwrap()
}

/// An image of about so many bytes.
fn picture(side: u32) -> Vec<u8> {
    use image::{DynamicImage, ImageFormat, RgbImage};
    let noise =
        |x: u32, y: u32| x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)).rotate_left(x % 31).to_le_bytes();
    let image: DynamicImage =
        RgbImage::from_fn(side, side, |x, y| image::Rgb([noise(x, y)[0], noise(y, x)[1], noise(x, y)[3]])).into();
    let mut out = std::io::Cursor::new(Vec::new());
    image.write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

#[test]
fn an_upload_without_room_leaves_nothing_behind() {
    let mut filled = Filled::with("tests/cases/files/shelf", "shelf.keeper");
    let at = filled.node.at();
    let boss = at.signed_in("boss");
    let files = filled.data().join("files");
    let large = picture(400);
    let left = || -> Vec<_> {
        let tenants = fs::read_dir(&files).into_iter().flatten().map(|tenant| tenant.unwrap().path());
        tenants.flat_map(|tenant| fs::read_dir(tenant.join("incoming")).into_iter().flatten()).map(Result::unwrap).collect()
    };
    for room in [0, 1, 5_000, 70_000, 200_000] {
        assert!(large.len() > 300_000);
        filled.faults.fill(&files, room);
        assert_told(&upload(at, &boss, &large));
        assert!(left().is_empty(), "with room for {room} bytes: {:?}", left());
        filled.faults.end();
    }
    // Received, and then there is no room for its place or its row.
    let names = format!("ENOSPC rename 0 {}", files.display());
    for rule in [names, format!("ENOSPC write,create 0 {}", filled.file.display())] {
        filled.faults.set(&rule);
        assert_told(&upload(at, &boss, &large));
        assert!(left().is_empty(), "{:?}", left());
        filled.faults.end();
    }
    // The quota of a tenant is as large as it was: 10 GB, of which this needs nearly nothing, so the rows are asked.
    let file = upload(at, &boss, &large).expect(201).id();
    let item = json!({"title": "A", "photo": file});
    at.ask(&boss, "POST /api/records/item", Some(&item)).unwrap().expect(201);
    assert_eq!(at.send(&boss, &format!("GET /api/files/{file}"), None).unwrap().status, 200);
    filled.assert_whole();
}

#[test]
fn images_are_shown_small_and_whole_without_room_for_thumbnails() {
    let mut filled = Filled::with("tests/cases/files/shelf", "shelf.keeper");
    let at = filled.node.at();
    let boss = at.signed_in("boss");
    let file = upload(at, &boss, &picture(300)).expect(201).id();
    let thumbnail = |size: u32| at.send(&boss, &format!("GET /api/files/{file}/thumbnail?size={size}"), None).unwrap();
    filled.faults.fill(&filled.data(), 0);
    for _again in 0..2 {
        thumbnail(96).expect(200);
        at.send(&boss, &format!("GET /api/files/{file}"), None).unwrap().expect(200);
    }
    filled.faults.end();
    filled.faults.fill(&filled.data().join("files"), 100);
    thumbnail(320).expect(200);
    filled.faults.end();
    let kept: Json = json!([thumbnail(96).status, thumbnail(320).status]);
    assert_eq!(kept, json!([200, 200]));
    filled.assert_whole();
}
