//! A small picture of an image: decoded within limits, turned as its camera says, written anew without anything else in it.
use std::io::{self, BufRead, Cursor, Seek};

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder as _, ImageEncoder as _, ImageError, ImageFormat, ImageReader, Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    metadata::Orientation,
};

use super::kind;

/// Bytes of an image file: a photograph of the largest size has 30 MB.
pub(crate) const LARGEST_FILE: u64 = 64 * 1024 * 1024;
/// Pixels of an image.
pub(crate) const LARGEST_IMAGE: u64 = 50_000_000;
/// Memory of a decoder, the pixels included.
const DECODER_BYTES: u64 = 256 * 1024 * 1024;
/// Of JPEG; more is not seen at these sizes.
const QUALITY: u8 = 82;

/// How large a thumbnail is: the longer side at most, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// In a list.
    Small,
    /// In a form.
    Medium,
    /// Over the page.
    Large,
}

/// Why there is no thumbnail.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoThumbnail {
    /// No image, or one of a format that is not drawn.
    #[error("no image")]
    NoImage,
    /// More bytes or pixels than are looked at.
    #[error("too large")]
    TooLarge,
    /// It says that it is an image and cannot be decoded.
    #[error("broken")]
    Broken,
    /// The store of contents.
    #[error(transparent)]
    Store(#[from] io::Error),
}

impl Size {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// Pixels of the longer side.
    pub(crate) fn pixels(self) -> u32 {
        match self {
            Self::Small => 96,
            Self::Medium => 320,
            Self::Large => 1280,
        }
    }
}

/// The format of a type that thumbnails are made of.
pub(crate) fn format_of(media_type: &str) -> Option<ImageFormat> {
    kind::IMAGES.contains(&media_type).then(|| ImageFormat::from_mime_type(media_type)).flatten()
}

/// Draws the thumbnail: JPEG, or PNG where something shines through.
pub(crate) fn draw(content: impl BufRead + Seek, format: ImageFormat, size: Size) -> Result<Vec<u8>, NoThumbnail> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODER_BYTES);
    let mut reader = ImageReader::with_format(content, format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // Said by the header: nothing has been decoded yet.
    let (width, height) = decoder.dimensions();
    if u64::from(width).saturating_mul(u64::from(height)) > LARGEST_IMAGE || decoder.total_bytes() > DECODER_BYTES {
        return Err(NoThumbnail::TooLarge);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let whole = DynamicImage::from_decoder(decoder)?;
    let side = size.pixels();
    let mut small = if width.max(height) > side { whole.thumbnail(side, side) } else { whole };
    small.apply_orientation(orientation);
    Ok(encode(&small)?)
}

fn encode(image: &DynamicImage) -> Result<Vec<u8>, ImageError> {
    let (width, height) = (image.width(), image.height());
    let mut out = Cursor::new(Vec::new());
    if image.color().has_alpha() {
        let pixels = image.to_rgba8();
        if pixels.pixels().any(|pixel| pixel.0.last() != Some(&u8::MAX)) {
            PngEncoder::new(&mut out).write_image(&pixels, width, height, ExtendedColorType::Rgba8)?;
            return Ok(out.into_inner());
        }
    }
    JpegEncoder::new_with_quality(&mut out, QUALITY).write_image(&image.to_rgb8(), width, height, ExtendedColorType::Rgb8)?;
    Ok(out.into_inner())
}

impl From<ImageError> for NoThumbnail {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            ImageError::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => Self::Store(error),
            ImageError::IoError(_)
            | ImageError::Decoding(_)
            | ImageError::Encoding(_)
            | ImageError::Parameter(_)
            | ImageError::Unsupported(_) => Self::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, GenericImageView as _, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

    use super::{NoThumbnail, Size, draw};

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    /// Left half red, right half blue.
    fn halves(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) }).into()
    }

    fn drawn(bytes: &[u8], format: ImageFormat, size: Size) -> DynamicImage {
        image::load_from_memory(&draw(Cursor::new(bytes), format, size).unwrap()).unwrap()
    }

    #[test]
    fn every_format_fits_the_size_and_small_ones_are_not_blown_up() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let large = encoded(&halves(800, 400), format);
            for (size, expected) in [(Size::Small, (96, 48)), (Size::Medium, (320, 160)), (Size::Large, (800, 400))] {
                assert_eq!(drawn(&large, format, size).dimensions(), expected, "{format:?} {size:?}");
            }
        }
    }

    #[test]
    fn what_shines_through_stays_so() {
        let glass = RgbaImage::from_pixel(8, 8, Rgba([255, 0, 0, 10])).into();
        let bytes = draw(Cursor::new(encoded(&glass, ImageFormat::Png)), ImageFormat::Png, Size::Small).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
        let opaque = RgbaImage::from_pixel(8, 8, Rgba([255, 0, 0, 255])).into();
        let bytes = draw(Cursor::new(encoded(&opaque, ImageFormat::Png)), ImageFormat::Png, Size::Small).unwrap();
        assert!(bytes.starts_with(b"\xff\xd8\xff"));
    }

    #[test]
    fn a_photograph_is_turned_upright_and_its_metadata_left_out() {
        // Orientation 6: to be shown turned by a quarter to the right.
        let mut exif =
            b"\xff\xe1\x00\x00Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0SECRET PLACE".to_vec();
        let length = u8::try_from(exif.len() - 2).unwrap();
        exif[3] = length;
        let plain = encoded(&halves(400, 200), ImageFormat::Jpeg);
        let photo = [&plain[..2], &exif, &plain[2..]].concat();
        let bytes = draw(Cursor::new(&photo), ImageFormat::Jpeg, Size::Small).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"SECRET"));
        let turned = image::load_from_memory(&bytes).unwrap().to_rgb8();
        assert_eq!(turned.dimensions(), (48, 96));
        let (top, bottom) = (turned.get_pixel(24, 5), turned.get_pixel(24, 90));
        assert!(top[0] > 200 && top[2] < 60 && bottom[2] > 200 && bottom[0] < 60, "{top:?} {bottom:?}");
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_broken() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let whole = encoded(&halves(300, 300), format);
            // Of a photograph that is cut off the part that is there is shown, as browsers do.
            let cut = if format == ImageFormat::Jpeg { 20 } else { whole.len() / 3 };
            for bytes in [&whole[..cut], &whole[..20], &whole[..0]] {
                let answer = draw(Cursor::new(bytes), format, Size::Small);
                assert!(matches!(answer, Err(NoThumbnail::Broken)), "{format:?} {answer:?}");
            }
        }
    }
}
