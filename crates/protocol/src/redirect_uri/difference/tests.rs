use proptest::prelude::*;

use super::*;

const REGISTERED: &str = "https://rp.example/cb/";

#[test]
fn every_class_of_difference_has_its_name() {
    use Difference as D;
    let cases: [(&str, &[D]); 22] = [
        (REGISTERED, &[]),
        ("https://rp.example/cb", &[D::TrailingSlash]),
        ("https://rp.example/cb/\n", &[D::Whitespace]),
        (" https://rp.example/cb/", &[D::Whitespace]),
        ("https://rp.example/cb\u{200b}/", &[D::Invisible]),
        ("https://rp.example/cb/\u{a0}", &[D::Invisible]),
        ("https://rp.ex\u{430}mple/cb/", &[D::LookAlike]),
        ("https://ｒp.example/cb/", &[D::LookAlike]),
        ("https%3A%2F%2Frp.example%2Fcb%2F", &[D::DoubleEncoding]),
        ("https://rp.example/%63b/", &[D::PercentEncoding]),
        ("http://rp.example/cb/", &[D::Scheme]),
        ("https://me@rp.example/cb/", &[D::UserInfo]),
        ("https://www.rp.example/cb/", &[D::Host]),
        ("https://rp.example:8443/cb/", &[D::Port]),
        ("https://rp.example/CB/", &[D::LetterCase]),
        ("https://RP.example/cb/", &[D::LetterCase]),
        ("https://rp.example/callback/", &[D::Path]),
        ("https://rp.example/cb/?a=b", &[D::Query]),
        ("https://rp.example/cb/?", &[D::Query]),
        ("https://rp.example/cb/#x", &[D::Fragment]),
        ("http://rp.example/cb", &[D::Scheme, D::TrailingSlash]),
        ("https:/rp.example/cb/", &[D::Scheme, D::Host, D::Path]),
    ];
    for (received, classes) in cases {
        assert_eq!(differences(received, REGISTERED), classes, "{received:?}");
    }
}

#[test]
fn a_query_that_was_escaped_once_more_is_double_encoding() {
    let known = "https://rp.example/cb?next=%2Fhome";
    assert_eq!(
        differences("https://rp.example/cb?next=%252Fhome", known),
        [Difference::DoubleEncoding]
    );
    let lower = differences("https://rp.example/cb?next=%2fhome", known);
    assert_eq!(lower, [Difference::LetterCase]);
}

proptest! {
    #[test]
    fn texts_differ_exactly_when_a_class_says_so(
        received in "(https?(://|%3A%2F%2F))?[a-z./%:@?#аｅ\u{200b} ]{0,24}",
        registered in "https://[a-c.]{1,6}(:80)?/[a-c/%]{0,6}",
    ) {
        prop_assert_eq!(differences(&received, &registered).is_empty(), received == registered);
        prop_assert!(differences(&registered, &registered).is_empty());
    }
}
