//! Thumbnails: of images only, for those who may have the image, refused where an image is made to exhaust memory.
use std::io::{Cursor, Read as _, Write as _};

use axum::http::Method;
use flate2::{Compression, Crc, write::ZlibEncoder};
use image::{DynamicImage, GenericImageView as _, ImageFormat, RgbImage};
use kontor_server::jobs::run_once;
use serde_json::{Value as Json, json};
use time::Duration;

use super::files::{data, id, peak_kilobytes, shelf, upload, uploaded};
use crate::harness::{client::Client, database::Database, every_store};

every_store!(
    an_image_has_thumbnails_of_three_sizes,
    a_thumbnail_is_for_those_who_may_have_the_image,
    what_has_no_thumbnail_is_said,
    thumbnails_leave_with_their_image,
);

pub(super) fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let image: DynamicImage =
        RgbImage::from_fn(width, height, |x, y| image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 9])).into();
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn thumbnail(file: &Json, size: u32) -> String {
    format!("/api/files/{}/thumbnail?size={size}", id(file))
}

fn an_image_has_thumbnails_of_three_sizes(database: &Database) {
    let keeper = shelf(database).client("keeper");
    for (name, format) in
        [("a.png", ImageFormat::Png), ("a.jpg", ImageFormat::Jpeg), ("a.gif", ImageFormat::Gif), ("a.webp", ImageFormat::WebP)]
    {
        let file = uploaded(&keeper, name, &picture(640, 320, format));
        for (size, expected) in [(96, (96, 48)), (320, (320, 160)), (1280, (640, 320))] {
            let answer = keeper.get(&thumbnail(&file, size)).expect(200);
            assert_eq!(image::load_from_memory(&answer.bytes).unwrap().dimensions(), expected, "{name} {size}");
            assert_eq!(answer.headers["content-type"], "image/jpeg");
            assert_eq!(answer.headers["cache-control"], "private, no-cache");
            let again = keeper.get(&thumbnail(&file, size)).expect(200);
            assert_eq!(again.bytes, answer.bytes);
            let known = [("if-none-match", answer.etag())];
            assert!(keeper.send(Method::GET, &thumbnail(&file, size), None, &known).expect(304).bytes.is_empty());
        }
    }
    assert_eq!(kept(database), 12);
    // One that was torn by a crash is made again.
    for path in thumbnails(database) {
        std::fs::write(path, b"torn").unwrap();
    }
    let file = uploaded(&keeper, "b.png", &picture(640, 320, ImageFormat::Png));
    let answer = keeper.get(&thumbnail(&file, 96)).expect(200);
    assert_eq!(image::load_from_memory(&answer.bytes).unwrap().dimensions(), (96, 48));
}

fn a_thumbnail_is_for_those_who_may_have_the_image(database: &Database) {
    let instance = shelf(database);
    let [keeper, other, reader, stranger] = ["keeper", "other", "reader", "stranger"].map(|name| instance.client(name));
    let [scan, photo] = [200, 300].map(|width| uploaded(&keeper, "a.png", &picture(width, 100, ImageFormat::Png)));
    let nobodys = keeper.get("/api/files/018f0000-0000-7000-8000-000000000000/thumbnail?size=96").expect(404).bytes;
    let refused = |client: &Client, file: &Json| {
        // Also when the client says that it had it once.
        for headers in [&[][..], &[("if-none-match", "*")]] {
            let answer = client.send(Method::GET, &thumbnail(file, 96), None, headers).expect(404);
            assert_eq!(answer.bytes, nobodys, "as an id that does not exist");
        }
    };
    let etag = keeper.get(&thumbnail(&scan, 96)).expect(200).etag().to_owned();
    keeper.get(&thumbnail(&photo, 96)).expect(200);
    for client in [&other, &reader, &stranger] {
        refused(client, &scan);
    }
    let item = json!({"title": "A", "scan": scan["id"], "photo": photo["id"]});
    let item = keeper.post("/api/records/item", &item).expect(201).json();
    other.get(&thumbnail(&scan, 96)).expect(200);
    reader.get(&thumbnail(&photo, 96)).expect(200);
    refused(&reader, &scan);
    refused(&stranger, &scan);
    refused(&stranger, &photo);
    instance.add_tenant("second", "Second");
    let elsewhere = instance.visitor().signed_in_to("second", "admin@test.kontor");
    refused(&elsewhere, &scan);
    instance.visitor().get(&thumbnail(&scan, 96)).expect(401);
    // Who had it and may have it no longer is not told that nothing has changed.
    other.patch(&format!("/api/records/item/{}", id(&item)), &json!({"scan": null})).expect(200);
    other.send(Method::GET, &thumbnail(&scan, 96), None, &[("if-none-match", &etag)]).expect(404);
}

fn what_has_no_thumbnail_is_said(database: &Database) {
    let keeper = shelf(database).client("keeper");
    let whole = picture(300, 300, ImageFormat::Jpeg);
    let files = [
        ("a.pdf", b"%PDF-1.7\nsome pages".to_vec(), "no_thumbnail"),
        ("a.jpg", whole[..100].to_vec(), "broken_image"),
        ("a.png", b"\x89PNG\r\n\x1a\nsome pixels".to_vec(), "broken_image"),
        ("b.png", png_header(50_000, 50_000), "image_too_large"),
        ("c.png", png_header(u32::MAX >> 1, 1), "image_too_large"),
        ("b.gif", claiming(ImageFormat::Gif), "image_too_large"),
        ("b.jpg", claiming(ImageFormat::Jpeg), "image_too_large"),
        ("b.webp", claiming(ImageFormat::WebP), "image_too_large"),
    ];
    for (name, bytes, code) in files {
        let file = uploaded(&keeper, name, &bytes);
        for size in [96, 1280] {
            assert_eq!(keeper.get(&thumbnail(&file, size)).expect(422).json()["code"], code, "{name}");
        }
        keeper.get(&format!("/api/files/{}", id(&file))).expect(200);
    }
    let file = uploaded(&keeper, "a.jpg", &whole);
    for size in ["97", "", "-1", "large"] {
        let path = format!("/api/files/{}/thumbnail?size={size}", id(&file));
        assert_eq!(keeper.get(&path).expect(400).json()["code"], "bad_parameter");
    }
    keeper.get(&format!("/api/files/{}/thumbnail", id(&file))).expect(400);
    let chinese = keeper.clone().reading("zh-CN");
    let bomb = uploaded(&keeper, "b.png", &png_header(50_000, 50_000));
    let said = chinese.get(&thumbnail(&bomb, 96)).expect(422).json();
    assert!(said["detail"].as_str().unwrap().contains("5000 万像素"), "{said}");
}

fn thumbnails_leave_with_their_image(database: &Database) {
    let instance = shelf(database);
    let keeper = instance.client("keeper");
    let [held, unused] = [200, 300].map(|width| uploaded(&keeper, "a.png", &picture(width, 100, ImageFormat::Png)));
    keeper.post("/api/records/item", &json!({"title": "A", "photo": held["id"]})).expect(201);
    for file in [&held, &unused] {
        keeper.get(&thumbnail(file, 96)).expect(200);
        keeper.get(&thumbnail(file, 320)).expect(200);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sweep = |hours| {
        runtime.block_on(run_once(instance.engine(), "remove files", instance.engine().now() + Duration::hours(hours))).unwrap()
    };
    sweep(23);
    assert_eq!(kept(database), 4);
    sweep(25);
    assert_eq!(kept(database), 2);
    keeper.get(&thumbnail(&held, 96)).expect(200);
    keeper.get(&thumbnail(&unused, 96)).expect(404);
}

#[cfg(target_os = "linux")]
#[test]
fn memory_stays_flat_before_a_bomb() {
    let database = Database::sqlite();
    let keeper = shelf(&database).client("keeper");
    // 50,000 by 50,000 black dots: 312 MB of rows in a third of a megabyte.
    let bomb = png(50_000, 50_000, 6_251 * 50_000);
    assert!(bomb.len() < 1 << 20, "{} bytes", bomb.len());
    let file = upload(&keeper, "bomb.png", "image/png", &bomb).expect(201).json();
    let before = peak_kilobytes();
    for size in [96, 320, 1280] {
        assert_eq!(keeper.get(&thumbnail(&file, size)).expect(422).json()["code"], "image_too_large");
    }
    // A header that promises little before rows that never end.
    let liar = upload(&keeper, "liar.png", "image/png", &png(1_000, 10, 300 << 20)).expect(201).json();
    let answer = keeper.get(&thumbnail(&liar, 96));
    assert!(answer.status == 200 || answer.status == 422);
    let grown = peak_kilobytes() - before;
    assert!(grown < 16 << 10, "memory grew by {grown} KB");
}

/// The thumbnails of the only tenant with files.
fn thumbnails(database: &Database) -> Vec<std::path::PathBuf> {
    let entries = |folder: std::path::PathBuf| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries(data(database).join("thumbnails")).flat_map(entries).collect()
}

fn kept(database: &Database) -> usize {
    thumbnails(database).len()
}

/// A black-and-white PNG that claims this size, with so many zeros as its rows.
fn png(width: u32, height: u32, zeros: u64) -> Vec<u8> {
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut std::io::repeat(0).take(zeros), &mut rows).unwrap();
    let rows = rows.finish().unwrap();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in [(b"IHDR", &header), (b"IDAT", &rows), (b"IEND", &Vec::new())] {
        out.write_all(&u32::try_from(content.len()).unwrap().to_be_bytes()).unwrap();
        let chunk = [&name[..], content].concat();
        let mut sum = Crc::new();
        sum.update(&chunk);
        out.write_all(&chunk).unwrap();
        out.write_all(&sum.sum().to_be_bytes()).unwrap();
    }
    out
}

fn png_header(width: u32, height: u32) -> Vec<u8> {
    png(width, height, 100)
}

/// A small image whose header claims a size as large as its format knows.
fn claiming(format: ImageFormat) -> Vec<u8> {
    let mut bytes = picture(16, 16, format);
    let (place, length) = match format {
        ImageFormat::Gif => (6, 4),
        ImageFormat::WebP => (21, 3),
        _ => (bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap() + 5, 4),
    };
    bytes[place..place + length].fill(0xff);
    if format == ImageFormat::WebP {
        // Fourteen bits each, less one: 16,383 by 16,383.
        bytes[21..24].copy_from_slice(&[0xfe, 0xbf, 0xff]);
        bytes[24] |= 0x0f;
    }
    bytes
}
