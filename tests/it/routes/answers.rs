//! What the answers of all endpoints have in common.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use vestibule_tests::browser::Answer;
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::Tokens;

const OFFLINE: [(&str, &str); 2] = [("scope", "openid offline_access"), ("prompt", "consent")];
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The moment of an answer, as RFC 9110 §5.6.7 writes it, in seconds since 1970.
fn date(answer: &Answer) -> i64 {
    let date = answer.header("date").unwrap_or_else(|| panic!("{} has no Date", answer.url));
    let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    let parts: Vec<&str> = date.split([' ', ':']).collect();
    let [weekday, day, month, year, hour, minute, second, "GMT"] = parts[..] else {
        panic!("{date}");
    };
    assert!(weekday.ends_with(',') && day.len() == 2, "{date}");
    let month = months.split(' ').position(|name| name == month).expect("a month") + 1;
    let number = |text: &str| text.parse::<i64>().expect("a number");
    let (year, month, day) = (number(year), i64::try_from(month).unwrap(), number(day));
    // Days of the civil calendar, counted in years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    ((days * 24 + number(hour)) * 60 + number(minute)) * 60 + number(second)
}

on_both_databases! {
    async fn as_18_json_says_that_it_is_and_what_is_about_tokens_is_not_stored(server) {
        let rp = server.clinic();
        let back = rp.code(&server.ada(), &OFFLINE).await;
        let redeemed = rp.redeem(back.code()).await;
        let tokens = Tokens::read(&redeemed);
        let refused = rp.redeem(back.code()).await;
        assert_eq!(refused.status, 400);
        let tokens_again = rp.sign_in(&server.ada(), &OFFLINE).await;
        let private = [
            ("a code", redeemed),
            ("a code that was used", refused),
            ("a refresh", rp.refresh(tokens_again.refresh()).await),
            ("client credentials", rp.token(&[("grant_type", "client_credentials")]).await),
            ("no grant", rp.token(&[]).await),
            ("nobody", rp.send(Method::POST, "/oauth/token", &[FORM], "grant_type=refresh_token").await),
            ("no form", rp.send(Method::POST, "/oauth/token", &[], "{}").await),
            ("no POST", rp.get("/oauth/token").await),
            ("introspection", rp.introspect(tokens_again.access()).await),
            ("introspection of nothing", rp.introspect("nothing").await),
            ("userinfo", rp.userinfo(tokens_again.access()).await),
            ("userinfo of a dead token", rp.userinfo(tokens.access()).await),
            ("userinfo of nothing", rp.get("/oauth/userinfo").await),
            ("a revocation without a token", rp.send(Method::POST, "/oauth/revoke", &[FORM], "").await),
        ];
        for (what, answer) in &private {
            assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
            assert!(answer.json().is_object(), "{what}: {}", answer.text());
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
        }
        for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
            let answer = rp.get(path).await;
            assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
            assert!(answer.json().is_object(), "{path}");
        }
    }

    async fn as_19_a_protected_resource_says_what_time_it_is(server) {
        let rp = server.clinic();
        let tokens = rp.sign_in(&server.ada(), &[]).await;
        let now = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
            i64::try_from(since.as_secs()).expect("seconds")
        };
        for token in [tokens.access(), "nothing"] {
            let before = now();
            let answer = rp.userinfo(token).await;
            // The server writes its date down twice a second, on a busy machine later.
            assert!((before - 5..=now() + 1).contains(&date(&answer)), "{:?}", answer.header("date"));
        }
        // The date is the host's, whatever moment the tokens are judged by.
        server.advance(Duration::from_secs(30));
        assert!((now() - 5..=now() + 1).contains(&date(&rp.userinfo(tokens.access()).await)));
    }
}
