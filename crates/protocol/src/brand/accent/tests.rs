use proptest::prelude::*;

use super::*;

fn colour(text: &str) -> Accent {
    text.parse().unwrap_or_else(|_| panic!("{text} is a colour"))
}

#[test]
fn a_colour_is_a_hash_and_six_digits() {
    assert_eq!(colour("#1A73e8").to_string(), "#1a73e8");
    for text in
        ["", "#", "1a73e8", "#1a73e", "#1a73e80", "#fff", "red", "#1a73eg", "#+a73e8", "#é73e8"]
    {
        assert_eq!(text.parse::<Accent>(), Err(NoColour), "{text}");
    }
}

#[test]
fn wcag_the_contrast_of_known_pairs() {
    assert!((contrast(WHITE, BLACK) - 21.0).abs() < 1e-9);
    assert!((contrast(WHITE, WHITE) - 1.0).abs() < 1e-9);
    // The grey that is known for missing 4.5:1 on white by a hair.
    let grey = contrast(Rgb([0x77, 0x77, 0x77]), WHITE);
    assert!((grey - 4.478).abs() < 0.001, "{grey}");
}

#[test]
fn wcag_1_4_11_a_colour_that_fails_in_one_scheme_is_refused_with_the_nearest() {
    for text in ["#1a73e8", "#d9480f", "#2e8b57", "#8a5cf6"] {
        assert_eq!(colour(text).check(), Ok(()), "{text}");
    }
    for (text, scheme) in
        [("#ffff00", "light"), ("#ffffff", "light"), ("#000000", "dark"), ("#003366", "dark")]
    {
        let refused = colour(text).check().expect_err(text);
        assert_eq!(refused.scheme, scheme, "{text}");
        assert!(refused.ratio < CONTROL);
        assert_eq!(refused.nearest.check(), Ok(()), "{text} leads to {}", refused.nearest);
        assert!(refused.to_string().contains(&refused.nearest.to_string()));
    }
}

#[test]
fn the_colours_that_are_judged_are_those_of_the_style_sheet() {
    let style = include_str!("../../../../../assets/vestibule.css");
    for Rgb([r, g, b]) in LIGHT.into_iter().chain(DARK) {
        let hex = format!("#{r:02x}{g:02x}{b:02x}");
        assert!(style.contains(&hex), "{hex} is no longer a ground of the pages");
    }
}

proptest! {
    #[test]
    fn every_colour_leads_to_one_that_passes_and_whose_shades_read(r: u8, g: u8, b: u8) {
        let any = Accent(Rgb([r, g, b]));
        let taken = match any.check() {
            Ok(()) => any,
            Err(refused) => refused.nearest,
        };
        prop_assert_eq!(taken.check(), Ok(()));
        prop_assert!(contrast(taken.0, taken.on().0) >= TEXT);
        prop_assert!(contrast(taken.pressed().0, taken.on().0) >= TEXT);
        for (shades, grounds) in [(taken.light(), LIGHT), (taken.dark(), DARK)] {
            for ground in grounds.into_iter().chain([shades.tint.0]) {
                prop_assert!(contrast(shades.text.0, ground) >= TEXT, "{:?} on {:?}", shades, ground);
                prop_assert!(contrast(shades.deep.0, ground) >= TEXT, "{:?} on {:?}", shades, ground);
            }
        }
    }
}
