//! A form with a file in it (RFC 7578), within bounds: what the upload of the console posts.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::web::Payload;
use futures_util::StreamExt as _;
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
    let parts = Multipart::new(http.headers(), payload);
    match tokio::time::timeout(bounds.patience, collect(http, parts, bounds.bytes)).await {
        Ok(read) => read,
        Err(_) => Err(BodyFault::TooSlow(bounds.patience.as_secs())),
    }
}

async fn collect(
    http: &HttpRequest,
    mut parts: Multipart,
    most: usize,
) -> Result<Upload, BodyFault> {
    let fault = |error: MultipartError| match error {
        MultipartError::Payload(_) | MultipartError::Incomplete => BodyFault::Broken,
        _ => BodyFault::not_a_form(http),
    };
    let (mut pairs, mut file) = (form_urlencoded::Serializer::new(String::new()), None);
    let mut left = most;
    for _ in 0..=MAX_PARTS {
        let Some(part) = parts.next().await else {
            let params = Params::parse(pairs.finish().as_bytes());
            return Ok(Upload { params: params.map_err(|_| BodyFault::NotText)?, file });
        };
        let part = part.map_err(fault)?;
        let disposition = part.content_disposition();
        let name = part.name().ok_or_else(|| BodyFault::not_a_form(http))?.to_owned();
        let given = disposition.and_then(|it| it.get_filename()).map(str::to_owned);
        let bound = if given.is_some() { left } else { left.min(MAX_VALUE) };
        let bytes = value(part, bound)
            .await
            .map_err(|why| why.map_or(BodyFault::TooLarge(bound), fault))?;
        left = left.saturating_sub(bytes.len());
        match given {
            Some(given) if !given.is_empty() || !bytes.is_empty() => {
                file = Some(UploadedFile { name: given, bytes });
            }
            Some(_) => {}
            None => {
                let text = std::str::from_utf8(&bytes).map_err(|_| BodyFault::NotText)?;
                pairs.append_pair(&name, text);
            }
        }
    }
    Err(BodyFault::not_a_form(http))
}

/// What is in a part; `None` in place of a fault when it is more than the bound.
async fn value(mut part: Field, bound: usize) -> Result<Vec<u8>, Option<MultipartError>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(Some)?;
        if bytes.len() + chunk.len() > bound {
            return Err(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::FromRequest as _;
    use actix_web::test::TestRequest;

    use super::*;

    const BODY: &str = "--XX\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nt0ken\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"users.csv\"\r\nContent-Type: text/csv\r\n\r\nemail\r\na@x.test\r\n\r\n--XX--\r\n";

    async fn posted(body: &str, bytes: usize) -> Result<Upload, BodyFault> {
        let (http, mut payload) = TestRequest::post()
            .insert_header(("content-type", "multipart/form-data; boundary=XX"))
            .set_payload(body.to_owned())
            .to_http_parts();
        let payload = Payload::from_request(&http, &mut payload).await.unwrap();
        let bounds = FormBounds { bytes, patience: Duration::from_secs(10) };
        read(&http, payload, bounds).await
    }

    #[tokio::test]
    async fn rfc7578_fields_and_the_file_are_read_as_they_are() {
        let upload = posted(BODY, 1000).await.unwrap();
        assert_eq!(upload.params.one("csrf"), Some("t0ken"));
        let file = upload.file.unwrap();
        assert_eq!(
            (file.name.as_str(), file.bytes.as_slice()),
            ("users.csv", &b"email\r\na@x.test\r\n"[..])
        );
    }

    #[tokio::test]
    async fn i28_what_is_no_form_or_too_much_is_refused() {
        for body in ["", "--XX", "--XX\r\n", "--YY\r\n\r\n", "--XX\r\nno head\r\n--XX--"] {
            assert!(posted(body, 1000).await.is_err(), "{body:?}");
        }
        for end in 0..BODY.len() - 4 {
            assert!(posted(&BODY[..end], 1000).await.is_err(), "cut off at {end}");
        }
        assert_eq!(posted(BODY, 20).await.unwrap_err(), BodyFault::TooLarge(15));
        let part = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n";
        let many = format!("{}--XX--\r\n", part.repeat(50));
        assert!(posted(&many, 1000).await.is_err());
        let long = BODY.replace("t0ken", &"x".repeat(MAX_VALUE + 1));
        assert_eq!(posted(&long, 100_000).await.unwrap_err(), BodyFault::TooLarge(MAX_VALUE));
    }

    #[tokio::test]
    async fn another_media_type_is_named() {
        let (http, mut payload) = TestRequest::post()
            .insert_header(("content-type", "text/csv"))
            .set_payload(BODY)
            .to_http_parts();
        let payload = Payload::from_request(&http, &mut payload).await.unwrap();
        let refused = read(&http, payload, FormBounds::default()).await.unwrap_err();
        assert_eq!(refused, BodyFault::NotAForm(Some("text/csv".to_owned())));
    }
}
