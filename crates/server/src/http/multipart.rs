//! A form with a file in it (RFC 7578), within bounds: what the upload of the console posts.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Payload;
use vestibule_protocol::params::Params;

use super::body::{BodyFault, FormBounds};

/// Most parts of a form.
const MAX_PARTS: usize = 16;
/// Longest value of a part that is no file.
const MAX_VALUE: usize = 4096;

/// What was posted.
#[derive(Debug)]
pub struct Upload {
    /// The fields that are not files.
    pub params: Params,
    /// The file, if one was chosen.
    pub file: Option<UploadedFile>,
}

/// A file as the browser sent it.
#[derive(Debug)]
pub struct UploadedFile {
    /// What it is called there; good for telling its format, not for naming anything here.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Reads the whole form.
pub async fn read(
    http: &HttpRequest,
    payload: Payload,
    bounds: FormBounds,
) -> Result<Upload, BodyFault> {
    let boundary = boundary(http).ok_or_else(|| BodyFault::not_a_form(http))?;
    let read = tokio::time::timeout(bounds.patience, payload.to_bytes_limited(bounds.bytes));
    let bytes = match read.await {
        Err(_) => return Err(BodyFault::TooSlow(bounds.patience.as_secs())),
        Ok(Err(_)) => return Err(BodyFault::TooLarge(bounds.bytes)),
        Ok(Ok(Err(_))) => return Err(BodyFault::Broken),
        Ok(Ok(Ok(bytes))) => bytes,
    };
    parse(&bytes, &boundary).ok_or_else(|| BodyFault::not_a_form(http))
}

fn boundary(http: &HttpRequest) -> Option<String> {
    let value = http.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let (media, rest) = value.split_once(';')?;
    if !media.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let parameter = rest.split(';').find_map(|one| one.trim().strip_prefix("boundary="))?;
    let boundary = parameter.trim().trim_matches('"');
    (1..=70).contains(&boundary.len()).then(|| boundary.to_owned())
}

fn parse(bytes: &[u8], boundary: &str) -> Option<Upload> {
    let separator = format!("\r\n--{boundary}");
    // The first boundary begins the body: as if a line had ended before it.
    let mut rest = bytes.strip_prefix(separator.trim_start().as_bytes())?;
    let (mut pairs, mut file) = (form_urlencoded::Serializer::new(String::new()), None);
    for _ in 0..MAX_PARTS {
        if rest.starts_with(b"--") {
            let params = Params::parse(pairs.finish().as_bytes()).ok()?;
            return Some(Upload { params, file });
        }
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, separator.as_bytes())?;
        let (part, after) = (part.get(..end)?, part.get(end + separator.len()..)?);
        rest = after;
        let head = find(part, b"\r\n\r\n")?;
        let (head, value) = (part.get(..head)?, part.get(head + 4..)?);
        let head = std::str::from_utf8(head).ok()?;
        let name = parameter(head, "name")?;
        match parameter(head, "filename") {
            Some(given) if !given.is_empty() || !value.is_empty() => {
                file = Some(UploadedFile { name: given, bytes: value.to_vec() });
            }
            Some(_) => {}
            None if value.len() > MAX_VALUE => return None,
            None => _ = pairs.append_pair(&name, std::str::from_utf8(value).ok()?),
        }
    }
    None
}

/// A parameter of `Content-Disposition`.
fn parameter(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|line| {
        line.get(..20).is_some_and(|start| start.eq_ignore_ascii_case("content-disposition:"))
    })?;
    let begins = format!("; {name}=\"");
    let (_, value) = line.split_once(begins.as_str())?;
    value.split_once('"').map(|(value, _)| value.to_owned())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--XX\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nt0ken\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"users.csv\"\r\nContent-Type: text/csv\r\n\r\nemail\r\na@x.test\r\n\r\n--XX--\r\n";

    #[test]
    fn rfc7578_fields_and_the_file_are_read_as_they_are() {
        let upload = parse(BODY.as_bytes(), "XX").unwrap();
        assert_eq!(upload.params.one("csrf"), Some("t0ken"));
        let file = upload.file.unwrap();
        assert_eq!(
            (file.name.as_str(), file.bytes.as_slice()),
            ("users.csv", &b"email\r\na@x.test\r\n"[..])
        );
    }

    #[test]
    fn i28_what_is_no_form_is_nothing() {
        for body in ["", "--XX", "--XX\r\n", "--YY\r\n\r\n", "--XX\r\nno head\r\n--XX--"] {
            assert!(parse(body.as_bytes(), "XX").is_none(), "{body:?}");
        }
        for end in 0..BODY.len() - 4 {
            assert!(parse(&BODY.as_bytes()[..end], "XX").is_none(), "cut off at {end}");
        }
        let part = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n";
        let many = format!("{}--XX--\r\n", part.repeat(50));
        assert!(parse(many.as_bytes(), "XX").is_none());
    }
}
