//! What an office document is: the newer ones by the names in their zip directory, the older ones by their streams.
//!
//! Both directories are read entry by entry from the file, so that one with millions of names takes no memory.
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::kind::{DOC, DOCX, MSG, ODP, ODS, ODT, OLE, PPT, PPTX, PROTECTED, XLS, XLSX, ZIP};

/// Entries of a zip directory that are looked at; documents have some hundreds.
const ZIP_ENTRIES: u16 = 20_000;
/// Sectors of an older document's directory that are looked at.
const DIRECTORY_SECTORS: usize = 4_096;
/// The end of a chain of sectors, and everything above it, is no sector.
const LAST_SECTOR: u32 = 0xffff_fffa;

/// What a zip file is.
pub(super) fn in_zip(file: &mut (impl Read + Seek), head: &[u8]) -> &'static str {
    if let Some(name) = head.get(30..).filter(|rest| rest.starts_with(b"mimetypeapplication/vnd.oasis.opendocument.")) {
        for open in [ODT, ODS, ODP] {
            let rest = name.get(8..).filter(|rest| rest.starts_with(open.as_bytes())).and_then(|rest| rest.get(open.len()..));
            // A template's type goes on where the document's ends.
            if rest.is_some_and(|rest| rest.starts_with(b"PK")) {
                return open;
            }
        }
    }
    // A directory that cannot be read is none of a document.
    zip_names(file).unwrap_or(None).unwrap_or(ZIP)
}

/// The document whose parts are in the directory at the end of a zip file.
fn zip_names(file: &mut (impl Read + Seek)) -> io::Result<Option<&'static str>> {
    const END: usize = 22;
    let size = file.seek(SeekFrom::End(0))?;
    let tail = size.min(u64::from(u16::MAX) + 22);
    file.seek(SeekFrom::Start(size - tail))?;
    let mut bytes = Vec::new();
    file.by_ref().take(tail).read_to_end(&mut bytes)?;
    let Some(end) = bytes.windows(END).rev().find(|window| window.starts_with(b"PK\x05\x06")) else { return Ok(None) };
    let (Some(count), Some(start)) = (u16_at(end, 10), u32_at(end, 16)) else { return Ok(None) };
    file.seek(SeekFrom::Start(start.into()))?;
    let mut directory = BufReader::new(file);
    let (mut has_types, mut found) = (false, None);
    for _ in 0..count.min(ZIP_ENTRIES) {
        let mut entry = [0; 46];
        directory.read_exact(&mut entry)?;
        let lengths = [28, 30, 32].map(|place| u16_at(&entry, place).unwrap_or_default());
        let [name, extra, comment] = lengths.map(i64::from);
        if !entry.starts_with(b"PK\x01\x02") {
            break;
        }
        let mut text = Vec::new();
        directory.by_ref().take(u64::from(lengths.first().copied().unwrap_or_default())).read_to_end(&mut text)?;
        if i64::try_from(text.len()).ok() != Some(name) {
            break;
        }
        directory.seek_relative(extra + comment)?;
        has_types |= text == b"[Content_Types].xml";
        let part = [(&b"word/"[..], DOCX), (b"xl/", XLSX), (b"ppt/", PPTX)].into_iter().find(|(part, _)| text.starts_with(part));
        found = found.or(part.map(|(_, media)| media));
    }
    Ok(found.filter(|_| has_types))
}

/// What a compound file is.
pub(super) fn in_compound(file: &mut (impl Read + Seek)) -> &'static str {
    // A directory that cannot be read is none of a document.
    stream_names(file).unwrap_or(None).unwrap_or(OLE)
}

/// The document whose stream is in the directory of a compound file.
fn stream_names(file: &mut (impl Read + Seek)) -> io::Result<Option<&'static str>> {
    let mut header = [0; 512];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut header)?;
    let (Some(shift), Some(first)) = (u16_at(&header, 30), u32_at(&header, 48)) else { return Ok(None) };
    if ![9, 12].contains(&shift) {
        return Ok(None);
    }
    let sectors = Sectors { size: 1 << shift, header };
    let mut sector = first;
    for _ in 0..DIRECTORY_SECTORS {
        if sector >= LAST_SECTOR {
            break;
        }
        let directory = sectors.read(file, sector)?;
        for entry in directory.chunks_exact(128) {
            let length = usize::from(u16_at(entry, 64).unwrap_or_default()).saturating_sub(2);
            let units = entry.get(..length.min(64)).unwrap_or_default().chunks_exact(2);
            let name: String =
                units.map(|pair| char::from_u32(u16_at(pair, 0).unwrap_or_default().into()).unwrap_or('?')).collect();
            match name.as_str() {
                "WordDocument" => return Ok(Some(DOC)),
                "Workbook" | "Book" => return Ok(Some(XLS)),
                "PowerPoint Document" => return Ok(Some(PPT)),
                "__properties_version1.0" => return Ok(Some(MSG)),
                "EncryptedPackage" => return Ok(Some(PROTECTED)),
                _ => {}
            }
        }
        sector = sectors.after(file, sector)?;
    }
    Ok(None)
}

/// The sectors of a compound file.
struct Sectors {
    size: u32,
    header: [u8; 512],
}

impl Sectors {
    fn read(&self, file: &mut (impl Read + Seek), sector: u32) -> io::Result<Vec<u8>> {
        file.seek(SeekFrom::Start((u64::from(sector) + 1) * u64::from(self.size)))?;
        let mut bytes = Vec::new();
        file.by_ref().take(self.size.into()).read_to_end(&mut bytes)?;
        if bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
    }

    /// The sector that follows one in its chain, by the table of sectors; the header knows where the table's first 109 are.
    fn after(&self, file: &mut (impl Read + Seek), sector: u32) -> io::Result<u32> {
        let in_one = self.size / 4;
        let mut table = usize::try_from(sector / in_one).unwrap_or(usize::MAX);
        let mut place = u32_at(&self.header, 76_usize.saturating_add(table.saturating_mul(4)));
        if table >= 109 {
            table -= 109;
            let in_list = usize::try_from(in_one - 1).unwrap_or(usize::MAX);
            let mut list = u32_at(&self.header, 68).unwrap_or(LAST_SECTOR);
            // The size of a file bounds the chain of lists: each step needs a sector that is there.
            for _ in 0..table / in_list {
                list = u32_at(&self.read(file, list)?, in_list * 4).unwrap_or(LAST_SECTOR);
            }
            place = u32_at(&self.read(file, list)?, table % in_list * 4);
        }
        let place = place.filter(|place| *place < LAST_SECTOR).ok_or(io::ErrorKind::InvalidData)?;
        let offset = usize::try_from(sector % in_one).unwrap_or_default() * 4;
        Ok(u32_at(&self.read(file, place)?, offset).unwrap_or(LAST_SECTOR))
    }
}

fn u16_at(bytes: &[u8], place: usize) -> Option<u16> {
    bytes.get(place..)?.first_chunk().map(|pair| u16::from_le_bytes(*pair))
}

fn u32_at(bytes: &[u8], place: usize) -> Option<u32> {
    bytes.get(place..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

    use super::{DOC, DOCX, ODS, ODT, OLE, PPT, PROTECTED, XLS, XLSX, ZIP, in_compound, in_zip};

    fn zipped(names: &[&str]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            let (name, content) = name.split_once('=').unwrap_or((name, "<x/>"));
            zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn newer_documents_are_told_by_their_parts() {
        let types = "[Content_Types].xml";
        let sheets = format!("mimetype={ODS}");
        let template = format!("mimetype={ODT}-template");
        for (names, expected) in [
            (&[types, "_rels/.rels", "word/document2.xml"][..], DOCX),
            (&["docProps/app.xml", "xl/workbook.xml", types], XLSX),
            (&["word/document.xml"], ZIP),
            (&[types, "other/word/document.xml"], ZIP),
            (&["a.txt"], ZIP),
            (&[], ZIP),
            (&[&sheets, "content.xml"], ODS),
            (&[&template, "content.xml"], ZIP),
            (&["content.xml", &sheets], ZIP),
        ] {
            let bytes = zipped(names);
            assert_eq!(in_zip(&mut Cursor::new(&bytes), &bytes), expected, "{names:?}");
            for end in [0, 10, bytes.len() / 2, bytes.len() - 1] {
                let cut = &bytes[..end];
                let found = in_zip(&mut Cursor::new(cut), cut);
                assert!(found == ZIP || found == ODS, "{names:?}: {found}");
            }
        }
    }

    /// A compound file with these streams, its directory in sectors that are not neighbours.
    fn compound(streams: &[&str]) -> Vec<u8> {
        let mut file = vec![0_u8; 512];
        file[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
        file[30] = 9;
        file[48] = 1;
        file[76..80].fill(0);
        let sectors = streams.len().div_ceil(4).max(1);
        // Sector 0 is the table; the directory is in 1, 3, 5, …
        let mut table = vec![0xff_u8; 512];
        for index in 0..sectors {
            let next = if index + 1 == sectors { 0xffff_fffe_u32 } else { u32::try_from(index * 2 + 3).unwrap() };
            table[(index * 2 + 1) * 4..][..4].copy_from_slice(&next.to_le_bytes());
        }
        file.extend(table);
        for index in 0..sectors {
            let mut sector = vec![0_u8; 512];
            for (entry, name) in sector.chunks_exact_mut(128).zip(streams.iter().skip(index * 4)) {
                for (place, unit) in name.encode_utf16().enumerate() {
                    entry[place * 2..][..2].copy_from_slice(&unit.to_le_bytes());
                }
                entry[64] = u8::try_from(name.len() * 2 + 2).unwrap();
            }
            file.extend(sector);
            file.extend([0; 512]);
        }
        file
    }

    #[test]
    fn older_documents_are_told_by_their_streams() {
        for (streams, expected) in [
            (&["Root Entry", "1Table", "WordDocument"][..], DOC),
            (&["Root Entry", "a", "b", "c", "d", "e", "f", "g", "Workbook"], XLS),
            (&["Root Entry", "PowerPoint Document"], PPT),
            (&["Root Entry", "EncryptedPackage"], PROTECTED),
            (&["Root Entry", "Worddocument"], OLE),
            (&[], OLE),
        ] {
            let bytes = compound(streams);
            assert_eq!(in_compound(&mut Cursor::new(&bytes)), expected, "{streams:?}");
            assert_eq!(in_compound(&mut Cursor::new(&bytes[..600])), OLE);
        }
        // A directory that leads back to itself ends all the same.
        let mut endless = compound(&["Root Entry"]);
        endless[512 + 4..512 + 8].copy_from_slice(&1_u32.to_le_bytes());
        assert_eq!(in_compound(&mut Cursor::new(&endless)), OLE);
    }
}
