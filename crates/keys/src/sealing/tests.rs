use super::*;

fn master(byte: u8) -> MasterKey {
    let mut bytes = [byte; 32];
    bytes[0] = 0;
    MasterKey::new(Zeroizing::new(bytes))
}

fn masters() -> Masters {
    Masters::new(master(1), Vec::new())
}

#[test]
fn i16_what_is_sealed_cannot_be_read_and_opens_again() {
    let plain = b"-----BEGIN PRIVATE KEY-----";
    let sealed = masters().seal(plain, "signing-key/a", [9; 32]).expect("sealed");
    assert!(sealed.starts_with(&format!("v1.{}.", master(1).id())));
    assert!(!sealed.contains("PRIVATE") && !sealed.contains(&b64::url(plain)));
    assert_eq!(&masters().open(&sealed, "signing-key/a").expect("opened")[..], plain);
    let empty = masters().seal(b"", "x", [9; 32]).expect("sealed");
    assert_eq!(&masters().open(&empty, "x").expect("opened")[..], b"");
}

#[test]
fn i15_a_sealed_secret_opens_only_in_its_place() {
    let sealed = masters().seal(b"seed", "totp/alice", [9; 32]).expect("sealed");
    let refused = masters().open(&sealed, "totp/mallory");
    assert_eq!(refused, Err(SealError::WrongContext("totp/mallory".into())));
    // Forging the tag that makes the error precise does not help: the context is authenticated.
    let other = masters().seal(b"x", "totp/mallory", [9; 32]).expect("sealed");
    let tag = other.split('.').nth(2).expect("tag");
    let mut parts: Vec<&str> = sealed.split('.').collect();
    parts[2] = tag;
    assert_eq!(masters().open(&parts.join("."), "totp/mallory"), Err(SealError::Tampered));
}

#[test]
fn i16_a_changed_text_does_not_open() {
    let sealed = masters().seal(b"secret", "x", [9; 32]).expect("sealed");
    let content = sealed.rfind('.').expect("dots") + 1;
    // The last character of base64 carries spare bits; the one before it carries none.
    for at in content..sealed.len() - 1 {
        let mut bytes = sealed.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("ASCII");
        assert_eq!(masters().open(&changed, "x"), Err(SealError::Tampered), "character {at}");
    }
}

#[test]
fn a_missing_master_key_is_named() {
    let sealed = masters().seal(b"secret", "x", [9; 32]).expect("sealed");
    let others = Masters::new(master(2), vec![master(3)]);
    let refused = others.open(&sealed, "x").expect_err("sealed under another");
    let present = vec![master(2).id().to_owned(), master(3).id().to_owned()];
    let needed = master(1).id().to_owned();
    assert_eq!(refused, SealError::UnknownMaster { needed: needed.clone(), present });
    assert!(refused.to_string().contains(&needed));
}

#[test]
fn a_master_key_rotation_reseals_everything_once() {
    let sealed = masters().seal(b"secret", "x", [9; 32]).expect("sealed");
    let both = Masters::new(master(2), vec![master(1)]);
    let again = both.reseal(&sealed, "x", [8; 32]).expect("opened").expect("was under the old");
    let new = Masters::new(master(2), Vec::new());
    assert_eq!(&new.open(&again, "x").expect("opened")[..], b"secret");
    assert_eq!(both.reseal(&again, "x", [8; 32]), Ok(None));
    assert!(matches!(both.reseal(&sealed, "y", [8; 32]), Err(SealError::WrongContext(_))));
}

#[test]
fn repeated_random_bytes_do_not_repeat_a_key() {
    let salt = |plain: &[u8], context: &str| {
        let sealed = masters().seal(plain, context, [9; 32]).expect("sealed");
        let content = b64::from_url(sealed.rsplit('.').next().expect("content")).expect("base64");
        content[..SALT].to_vec()
    };
    assert_ne!(salt(b"one", "x"), salt(b"two", "x"));
    assert_ne!(salt(b"one", "x"), salt(b"one", "y"));
}

#[test]
fn what_is_no_sealed_text_is_refused() {
    let sealed = masters().seal(b"secret", "x", [9; 32]).expect("sealed");
    let cases = [
        String::new(),
        "v1".into(),
        "v1...".into(),
        sealed.replacen("v1", "v2", 1),
        format!("{sealed}.more"),
        sealed[..60].to_owned(),
        format!("{sealed}="),
        "v1.".to_owned() + &"A".repeat(MAX_PLAIN * 2),
    ];
    for text in cases {
        let shown: String = text.chars().take(40).collect();
        assert_eq!(masters().open(&text, "x"), Err(SealError::Malformed), "{shown}");
    }
    let long = vec![0; MAX_PLAIN + 1];
    assert_eq!(masters().seal(&long, "x", [0; 32]), Err(SealError::TooLong(MAX_PLAIN + 1)));
}

#[test]
fn a_master_key_reads_its_own_text_and_refuses_others() {
    let key = master(7);
    let text = key.to_text();
    assert_eq!(text.len(), 43);
    for form in [text.to_string(), format!("  {}\r\n", *text), format!("{}=\n", *text)] {
        assert_eq!(MasterKey::parse(&form).expect("its text").id(), key.id());
    }
    let cases = [
        ("", MasterKeyError::Empty),
        (" \n", MasterKeyError::Empty),
        ("changeme!", MasterKeyError::NotBase64),
        ("c2hvcnQ", MasterKeyError::Length(5)),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", MasterKeyError::Placeholder),
    ];
    for (text, expected) in cases {
        assert_eq!(MasterKey::parse(text).expect_err(text), expected, "{text:?}");
    }
}

#[test]
fn i17_debug_shows_the_id_alone() {
    let shown = format!("{:?}", masters());
    assert!(shown.contains(master(1).id()) && !shown.contains(master(1).to_text().as_str()));
}

#[cfg(unix)]
mod files {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use super::*;

    /// A directory of one test, removed when it ends.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("vestibule-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).expect("a directory");
            Self(path)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn i16_a_master_key_file_is_its_owners_alone_and_never_overwritten() {
        let place = Place::new("master-new");
        let path = place.0.join("master.key");
        master(7).write_file(&path).expect("written");
        let mode = fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(MasterKey::read_file(&path).expect("read").id(), master(7).id());
        assert!(matches!(master(8).write_file(&path), Err(MasterFileError::Exists(_))));
        assert_eq!(MasterKey::read_file(&path).expect("read").id(), master(7).id());
    }

    #[test]
    fn i16_a_file_that_others_can_read_is_refused_with_the_remedy() {
        let place = Place::new("master-mode");
        let path = place.0.join("master.key");
        master(7).write_file(&path).expect("written");
        for mode in [0o640, 0o604, 0o620, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
            let refused = MasterKey::read_file(&path).expect_err("readable").to_string();
            assert!(refused.contains(&format!("{mode:04o}")), "{refused}");
            assert!(refused.contains(&format!("chmod 600 {}", path.display())), "{refused}");
        }
    }

    #[test]
    fn a_file_that_holds_no_key_says_what_it_holds() {
        let place = Place::new("master-content");
        let path = place.0.join("master.key");
        let refusal = |content: &[u8]| {
            fs::write(&path, content).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
            MasterKey::read_file(&path).expect_err("no key")
        };
        assert!(matches!(refusal(b""), MasterFileError::Content { .. }));
        assert!(matches!(refusal(b"password"), MasterFileError::Content { .. }));
        assert!(matches!(refusal(&[0xff; 43]), MasterFileError::Io { .. }));
        assert!(matches!(refusal(&[b'A'; 5000]), MasterFileError::TooLong { bytes: 5000, .. }));
        let missing = MasterKey::read_file(&place.0.join("none")).expect_err("missing");
        assert!(matches!(missing, MasterFileError::Io { what: "open", .. }));
    }
}
