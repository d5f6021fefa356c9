//! What is wrong with a document, told at once and in its place.

use super::*;

#[tokio::test]
async fn all_faults_are_told_at_once_each_with_its_place() {
    let desk = Desk::new().await;
    let text = r#"version = 1
[[client]]
client_id = "a"
name = "A"
redirect_uri = ["https://a.example/cb"]
redirect_uris = ["https://a.example/*", "https://a.example/cb"]
auth_method = "client_secret_bassic"
refresh = { idle_second = 5 }
lifetimes.code_seconds = -1
[[client]]
client_id = "b c"
profile = "healthie"
[[client]]
name = "no id"
[[clients]]
[[admin]]
role = "ownr"
"#;
    let faults = desk.faults(text);
    for expected in [
        "client.redirect_uri (",
        "line 5 column 1): there is no such key; did you mean redirect_uris?",
        "did you mean client_secret_basic?",
        "did you mean idle_seconds?",
        "client.lifetimes (",
        "a client_id has 1 to 100",
        "line 13 column 1): is missing; it is the stable id",
        "clients (",
        "did you mean client?",
        "write one of user and client",
        "there is no role ownr",
    ] {
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected:?}: {faults:#?}");
    }
}

#[tokio::test]
async fn each_fault_of_a_document_is_told() {
    let desk = Desk::new().await;
    let client = "version = 1\n[[client]]\nclient_id = \"a\"\n";
    for (text, expected) in [
        (String::new(), "version"),
        ("version = 2\n".to_owned(), "version 1"),
        ("version = 1\nname = \"a/b\"\n".to_owned(), "a name has"),
        ("version = 1\n[client]\n".to_owned(), "write [[client]]"),
        ("version = 1\nclient = [1]\n".to_owned(), "write [[client]]"),
        ("version = \n".to_owned(), "is not TOML"),
        (client.to_owned(), "needs a name or a profile"),
        (
            format!("{client}profile = \"unomd\"\n"),
            "there is no such profile; did you mean unomed?",
        ),
        (format!("{client}profile = \"healthie\"\n"), "variables.company"),
        (format!("{client}name = \"A\"\nvariables.x = \"y\"\n"), "add profile"),
        (format!("{client}name = \"A\"\nensure = \"gone\"\n"), "present"),
        (
            format!("{client}name = \"A\"\nredirect_uris = [\"https://a.example/#x\"]\n"),
            "redirect_uris",
        ),
        (format!("{client}name = \"\"\n"), "a name has"),
        (format!("{client}name = \"A\"\nscope = \"a,b\\\"\"\n"), "scope"),
        (
            format!(
                "{client}name = \"A\"\nauth_method = \"none\"\nredirect_uris = [\"https://a.example/\"]\n[[client.secret]]\nlabel = \"x\"\ngenerate = true\n"
            ),
            "has no secrets",
        ),
        (
            format!("{client}name = \"A\"\n[[client]]\nclient_id = \"a\"\nname = \"B\"\n"),
            "is stated at",
        ),
        (
            format!(
                "{client}name = \"A\"\n[[client.secret]]\nlabel = \"x\"\ngenerate = true\n[[client.secret]]\nlabel = \"x\"\ngenerate = true\n"
            ),
            "label of an earlier secret",
        ),
        (
            "version = 1\n[[admin]]\nuser = \"a\"\nclient = \"b\"\nrole = \"owner\"\n".to_owned(),
            "one of user and client",
        ),
        ("version = 1\n[[organization]]\nslug = \"a\"\n".to_owned(), "people read it"),
        ("version = 1\n[[group]]\nnam = \"a\"\n".to_owned(), "did you mean name?"),
    ] {
        let faults = desk.faults(&text);
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{text}: {faults:?}");
        assert!(faults.iter().all(|fault| fault.contains("clinic.toml line ")), "{faults:?}");
    }
}

#[tokio::test]
async fn files_have_bounds() {
    let desk = Desk::new().await;
    let around = Surroundings { core: &desk.installation.core, variables: &[] };
    let told = |paths: &[PathBuf]| read(paths, around).unwrap_err().to_string();
    let large = desk.put("large.toml", &format!("version = 1\n# {}\n", "x".repeat(1024 * 1024)));
    assert!(told(&[large]).contains("larger than"));
    assert!(told(&[PathBuf::from("/nonexistent.toml")]).contains("cannot be read"));
    assert!(told(std::slice::from_ref(&desk.folder)).contains("is not a file"));
    std::fs::write(desk.folder.join("latin"), b"version = 1 # \xe9").unwrap();
    assert!(told(&[desk.folder.join("latin")]).contains("not UTF-8 from byte 14"));
    assert!(told(&vec![PathBuf::from("x"); 33]).contains("at most 32"));
    let many: String = (0..5001).map(|n| format!("[[group]]\nname = \"g{n}\"\n")).collect();
    let many = desk.put("many.toml", &format!("version = 1\n{many}"));
    assert!(told(&[many]).contains("at most 5000"));
    let deep =
        desk.put("deep.toml", &format!("version = {}1{}", "[".repeat(9000), "]".repeat(9000)));
    assert!(told(&[deep]).contains("is not TOML"));
}

/// What the book shows is read by the program.
#[tokio::test]
async fn the_documents_of_the_book_have_no_faults() {
    let desk = Desk::new().await;
    let guide = include_str!("../../../../../docs/guides/declarative.md");
    let claims = include_str!("../../../../../docs/reference/claims.md");
    for (page, before) in [(guide, ""), (claims, "version = 1\n")] {
        let (_, rest) = page.split_once("```toml\n").unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        for name in ["healthie", "siem"] {
            desk.put(name, "a-secret-of-the-vault-0123456789");
        }
        let text = format!("{before}{text}").replace("/run/secrets/", "");
        assert_eq!(desk.faults(&text), Vec::<String>::new(), "{text}");
    }
}
