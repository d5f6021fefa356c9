use proptest::prelude::*;

use super::*;

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = u32::try_from(content.len()).unwrap().to_be_bytes().to_vec();
    chunk.extend(name);
    chunk.extend(content);
    chunk.extend([0; 4]);
    chunk
}

fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut header = width.to_be_bytes().to_vec();
    header.extend(height.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    [PNG, &chunk(b"IHDR", &header), &chunk(b"IDAT", b"content"), &chunk(b"IEND", b"")].concat()
}

fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, b'J', b'F', 0xff, 0xc2, 0, 9, 8];
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend([1, 0, 0xff, 0xda, 0, 3, 1, 0x12, 0xff, 0x00, 0x34, 0xff, 0xd1, 0x56]);
    // A second scan, as progressive pictures have.
    file.extend([0xff, 0xda, 0, 3, 1, 0x78, 0xff, 0xd9]);
    file
}

fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut content = b"WEBP".to_vec();
    for (name, bytes) in chunks {
        content.extend(*name);
        content.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        content.extend(bytes);
        content.extend(vec![0; bytes.len() % 2]);
    }
    let mut file = b"RIFF".to_vec();
    file.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
    file.extend(content);
    file
}

fn webp_lossy(width: u16, height: u16) -> Vec<u8> {
    let mut frame = vec![0, 0, 0, 0x9d, 0x01, 0x2a];
    frame.extend(width.to_le_bytes());
    frame.extend(height.to_le_bytes());
    frame.extend([1, 2, 3]);
    riff(&[(b"VP8 ", frame)])
}

fn webp_lossless(width: u32, height: u32) -> Vec<u8> {
    let mut frame = vec![0x2f];
    frame.extend(((width - 1) | ((height - 1) << 14)).to_le_bytes());
    riff(&[(b"VP8L", frame)])
}

fn webp_extended(width: u32, height: u32) -> Vec<u8> {
    let mut head = vec![0; 4];
    head.extend(&(width - 1).to_le_bytes()[..3]);
    head.extend(&(height - 1).to_le_bytes()[..3]);
    riff(&[(b"VP8X", head), (b"ALPH", vec![1]), (b"VP8L", vec![0x2f, 0, 0, 0, 0])])
}

fn every_kind(width: u16, height: u16) -> [(Kind, Vec<u8>); 5] {
    let (w, h) = (u32::from(width), u32::from(height));
    [
        (Kind::Png, png_of(w, h)),
        (Kind::Jpeg, jpeg_of(width, height)),
        (Kind::Webp, webp_lossy(width, height)),
        (Kind::Webp, webp_lossless(w, h)),
        (Kind::Webp, webp_extended(w, h)),
    ]
}

#[test]
fn kind_and_size_are_read_from_the_content() {
    for (kind, file) in every_kind(320, 64) {
        assert_eq!(judge(&file), Ok(Picture { kind, width: 320, height: 64 }));
    }
}

#[test]
fn a_picture_that_is_cut_off_anywhere_is_refused() {
    for (kind, file) in every_kind(320, 64) {
        for end in 0..file.len() {
            let cut = judge(file.get(..end).unwrap()).expect_err("it is cut off");
            let known = matches!(cut, Refused::Damaged(found) if found == kind);
            let nothing = matches!(cut, Refused::Empty | Refused::NotAPicture(_));
            assert!(known || nothing && end < 12, "{kind} cut off at {end}: {cut:?}");
        }
    }
}

#[test]
fn a_polyglot_is_refused_for_what_is_behind_the_picture() {
    for (kind, file) in every_kind(16, 16) {
        let both = [file.as_slice(), b"<script>alert(1)</script>"].concat();
        assert_eq!(judge(&both), Err(Refused::Trailing { kind, bytes: 25 }));
    }
}

#[test]
fn what_is_no_picture_is_named() {
    let cases: [(&[u8], &str); 9] = [
        (b"<!doctype html><p>logo", "HTML or XML"),
        (b"\xef\xbb\xbf <HTML>", "HTML or XML"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "an SVG, which can hold scripts"),
        (b"<?xml version='1.0'?><svg/>", "an SVG, which can hold scripts"),
        (b"GIF89a<script>", "a GIF"),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\0\0\0\x1cftypavif", "an AVIF, HEIC or video file"),
        (b"hello", "something else"),
    ];
    for (file, named) in cases {
        assert_eq!(judge(file), Err(Refused::NotAPicture(named)));
    }
    assert_eq!(judge(b""), Err(Refused::Empty));
}

#[test]
fn bounds_of_bytes_and_pixels() {
    for (_, file) in every_kind(1024, 1024) {
        assert!(judge(&file).is_ok());
    }
    for (_, file) in every_kind(1025, 1) {
        assert_eq!(judge(&file), Err(Refused::TooWide { width: 1025, height: 1 }));
    }
    assert_eq!(judge(&png_of(1, u32::MAX)), Err(Refused::TooWide { width: 1, height: u32::MAX }));
    for (kind, file) in [(Kind::Png, png_of(0, 5)), (Kind::Jpeg, jpeg_of(5, 0))] {
        assert_eq!(judge(&file), Err(Refused::Damaged(kind)));
    }
    let huge = vec![0; MAX_BYTES + 1];
    assert_eq!(judge(&huge), Err(Refused::TooLarge(MAX_BYTES + 1)));
}

#[test]
fn lengths_that_lead_nowhere_are_damage() {
    let mut png = png_of(4, 4);
    png.splice(8..12, [0xff; 4]);
    let mut webp = webp_lossy(4, 4);
    webp.splice(16..20, [0xff; 4]);
    let mut jpeg = jpeg_of(4, 4);
    jpeg.splice(4..6, [0, 1]);
    for (kind, file) in [(Kind::Png, png), (Kind::Webp, webp), (Kind::Jpeg, jpeg)] {
        assert_eq!(judge(&file), Err(Refused::Damaged(kind)));
    }
}

proptest! {
    #[test]
    fn no_file_is_too_strange(
        which in 0usize..5,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        tail in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let (_, mut file) = every_kind(64, 64).into_iter().nth(which).unwrap();
        for (index, byte) in changes {
            let at = index.index(file.len());
            *file.get_mut(at).unwrap() = byte;
        }
        file.extend(tail);
        if let Ok(picture) = judge(&file) {
            prop_assert!(picture.width <= MAX_SIDE && picture.height <= MAX_SIDE);
        }
    }
}
