use proptest::prelude::*;

use super::*;

fn both(segments: &[Segment]) -> (String, String) {
    (
        segments.iter().map(Segment::received).collect(),
        segments.iter().map(Segment::registered).collect(),
    )
}

#[test]
fn the_place_of_each_difference_is_shown() {
    let equal = |text: &str| Segment::Equal { text: text.to_owned() };
    let only_registered = |text: &str| Segment::OnlyRegistered { text: text.to_owned() };
    let only_received = |text: &str| Segment::OnlyReceived { text: text.to_owned() };
    let differs = |received: &str, registered: &str| Segment::Differs {
        received: received.to_owned(),
        registered: registered.to_owned(),
    };
    for (received, registered, expected) in [
        ("https://a/cb", "https://a/cb/", vec![equal("https://a/cb"), only_registered("/")]),
        ("https://a/cb?x=1", "https://a/cb", vec![equal("https://a/cb"), only_received("?x=1")]),
        (
            "http://a.example/CB",
            "https://a.example/cb",
            vec![equal("http"), only_registered("s"), equal("://a.example/"), differs("CB", "cb")],
        ),
        ("same", "same", vec![equal("same")]),
        ("", "", vec![]),
        ("", "all", vec![only_registered("all")]),
    ] {
        assert_eq!(align(received, registered), expected, "{received} {registered}");
    }
}

#[test]
fn i28_long_texts_that_differ_throughout_are_one_piece() {
    let (received, registered) = ("a".repeat(2048), "b".repeat(2048));
    let segments = align(&received, &registered);
    assert_eq!(segments.len(), 1);
    assert_eq!(both(&segments), (received, registered));
}

#[test]
fn what_is_not_seen_is_written_out() {
    assert_eq!(visible("a b\u{200b}\u{430}\n"), "a␠b⟨U+200B⟩⟨U+0430⟩␊");
    assert_eq!(visible("https://ä.example/"), "https://ä.example/");
}

proptest! {
    #[test]
    fn the_halves_make_the_whole_texts(received in "[a-c/:é]{0,40}", registered in "[a-c/:é]{0,40}") {
        let segments = align(&received, &registered);
        prop_assert_eq!(both(&segments), (received, registered));
    }

    #[test]
    fn equal_texts_have_no_difference(text in "\\PC{0,40}") {
        prop_assert!(align(&text, &text).iter().all(Segment::is_equal));
    }

    #[test]
    fn neighbouring_segments_are_of_different_kinds(a in "[ab]{0,30}", b in "[ab]{0,30}") {
        let segments = align(&a, &b);
        for pair in segments.windows(2) {
            prop_assert!(pair[0].is_equal() != pair[1].is_equal(), "{:?}", segments);
        }
    }
}
