//! Small pictures of images, for those who may have the image.
use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};

use super::{
    answer,
    caller::SignedIn,
    files::{MEGABYTE, disk},
    request::{Request, bad_parameter},
    route::Answer,
    work,
};
use crate::{
    engine::Engine,
    files::{LARGEST_FILE, LARGEST_IMAGE, NoThumbnail, Size, format_of, media_type},
    language::Text,
    problem::{Code, Problem},
};

/// `GET /api/files/{id}/thumbnail?size=320`: the image with its longer side so long at most.
pub(super) async fn get(engine: Arc<Engine>, person: SignedIn, request: Request) -> Answer {
    let query = request.query(&["size"])?;
    let asked = query.get("size").unwrap_or_default();
    let size = Size::ALL
        .into_iter()
        .find(|size| size.pixels().to_string() == asked)
        .ok_or_else(|| bad_parameter("size", Text("可用的值：96、320、1280。", "Use 96, 320 or 1280.").with(&[])))?;
    let id = request.part("id").to_owned();
    let row = work::read(&engine, (&person, request.language), move |session| session.file(&id)).await?;
    // The content of a file never changes, so who may have it needs it once; whether they may is asked each time.
    let tag = format!("\"{}-{}\"", row.hash, size.pixels());
    let response = if request.header(header::IF_NONE_MATCH).is_some_and(|known| known.contains(&tag)) {
        answer::empty(StatusCode::NOT_MODIFIED)
    } else {
        let format = format_of(&row.media_type).ok_or_else(|| refusal(NoThumbnail::NoImage))?;
        if u64::try_from(row.size).unwrap_or_default() > LARGEST_FILE {
            return Err(refusal(NoThumbnail::TooLarge));
        }
        let (store, tenant) = ((engine.contents(), engine.incoming()), person.tenant.id());
        let drawn = engine.thumbnails().get(store, tenant, (&row.hash, format), size).await.map_err(refusal)?;
        let kind = HeaderValue::from_static(media_type(&drawn).unwrap_or("application/octet-stream"));
        answer::raw(StatusCode::OK, kind, drawn)
    };
    let response = answer::header(response, header::ETAG, &tag);
    let response = answer::header(response, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    Ok(answer::header(response, header::CACHE_CONTROL, "private, no-cache"))
}

fn refusal(why: NoThumbnail) -> Problem {
    let (code, text) = match why {
        NoThumbnail::NoImage => (
            "no_thumbnail",
            Text(
                "只有 JPEG、PNG、GIF、WebP 图片有缩略图；请下载原文件查看。",
                "Only JPEG, PNG, GIF and WebP images have thumbnails; download the file itself.",
            ),
        ),
        NoThumbnail::TooLarge => (
            "image_too_large",
            Text(
                "图片过大，不生成缩略图（最多 {0} 万像素、{1} MB）。请缩小图片后重新上传，或下载原文件查看。",
                "The image is too large for a thumbnail ({2} megapixels and {1} MB at most). Upload a smaller one, or download the file itself.",
            ),
        ),
        NoThumbnail::Broken => (
            "broken_image",
            Text(
                "图片已损坏，无法显示。请检查原图并重新上传。",
                "The image is damaged and cannot be shown. Check the original and upload it again.",
            ),
        ),
        NoThumbnail::Store(error) => return disk(&error),
    };
    let numbers = [LARGEST_IMAGE / 10_000, LARGEST_FILE / MEGABYTE, LARGEST_IMAGE / 1_000_000].map(|number| number.to_string());
    let [wan, megabytes, megapixels] = numbers.each_ref().map(String::as_str);
    Problem::new(Code::Invalid).named(code).because(text.with(&[wan, megabytes, megapixels]))
}
