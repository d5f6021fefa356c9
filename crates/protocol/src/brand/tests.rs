use super::*;

#[test]
fn a_digest_is_read_as_it_is_written_and_not_otherwise() {
    let digest = LogoDigest::of(b"picture");
    let text = digest.to_string();
    assert_eq!(text.parse(), Ok(digest));
    assert_eq!(LogoDigest::of_hex(&digest.hex()), Some(digest));
    let wrong = [
        String::new(),
        digest.hex(),
        text.to_uppercase(),
        text.replace("sha256", "sha512"),
        format!("{text}0"),
        format!("sha256:{}", "+f".repeat(32)),
        format!("sha256:{}", "é".repeat(32)),
    ];
    for text in wrong {
        assert_eq!(text.parse::<LogoDigest>(), Err(NoLogoDigest), "{text}");
    }
}

#[test]
fn what_a_brand_lacks_is_taken_from_the_other() {
    let logo = Some(LogoDigest::of(b"a"));
    let accent = "#1a73e8".parse().ok();
    let own = Brand { logo, accent: None };
    let above = Brand { logo: Some(LogoDigest::of(b"b")), accent };
    assert_eq!(own.or(above), Brand { logo, accent });
    assert_eq!(Brand::default().or(above), above);
}
