//! What pages wear: logos and colours of clients and organizations.
//!
//! A picture is judged by what is in it ([`image`]) and kept as it came; a colour is judged by how
//! well it can be told from the grounds of our pages.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::brand::{Accent, Brand, LogoDigest, image};
use vestibule_protocol::client::{Client, ClientSettings};
use vestibule_store::StoreError;
use vestibule_store::brands::Logo;

use super::clients::{self, ClientChange};
use super::{About, Act, FieldFault, ServiceFault, organizations};

/// The field that faults of a picture are about.
const LOGO: &str = "logo";
/// The field that faults of a colour are about.
const ACCENT: &str = "accent";

/// A picture that can be kept, from the bytes of a file.
pub fn picture(bytes: Vec<u8>) -> Result<Logo, FieldFault> {
    match image::judge(&bytes) {
        Ok(picture) => Ok(Logo { digest: LogoDigest::of(&bytes), picture, bytes }),
        Err(refused) => Err(FieldFault::new(LOGO, refused.to_string())),
    }
}

/// The bytes of a file that is said to be a picture.
pub fn file(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("cannot be read: {error}; name a picture file");
    let file = std::fs::File::open(path).map_err(told)?;
    if !file.metadata().map_err(told)?.is_file() {
        return Err("is not a file; name a PNG, JPEG or WebP picture".to_owned());
    }
    let mut bytes = Vec::new();
    // One byte more than is allowed tells that there is more.
    file.take(image::MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(told)?;
    Ok(bytes)
}

/// A colour, from what was typed; nothing typed is no colour.
pub fn accent(typed: &str) -> Result<Option<Accent>, FieldFault> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let problem = |problem: String| FieldFault::new(ACCENT, problem);
    let accent: Accent = typed.parse().map_err(|fault| {
        problem(format!("{:?}: {fault}", typed.chars().take(40).collect::<String>()))
    })?;
    accent.check().map_err(|faint| problem(faint.to_string()))?;
    Ok(Some(accent))
}

/// Gives a client a logo, or takes its own away.
pub async fn set_client_logo(
    act: Act<'_>,
    client_id: &str,
    bytes: Option<Vec<u8>>,
) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let client = clients::find(act, client_id).await?;
    let picture = judged(bytes)?;
    let mut settings = client.settings;
    settings.logo = picture.as_ref().map(|picture| picture.digest);
    let change = ClientChange {
        settings: Some(settings),
        version: Some(client.updated_at),
        picture,
        ..ClientChange::default()
    };
    clients::update(act, client_id, change).await
}

fn judged(bytes: Option<Vec<u8>>) -> Result<Option<Logo>, ServiceFault> {
    bytes.map(picture).transpose().map_err(|fault| ServiceFault::Invalid(vec![fault]))
}

/// Gives a client a colour, or takes its own away.
pub async fn set_client_accent(
    act: Act<'_>,
    client_id: &str,
    accent: Option<Accent>,
) -> Result<Client, ServiceFault> {
    act.require(Permission::ClientsWrite)?;
    let client = clients::find(act, client_id).await?;
    let change = ClientChange {
        settings: Some(ClientSettings { accent, ..client.settings }),
        version: Some(client.updated_at),
        ..ClientChange::default()
    };
    clients::update(act, client_id, change).await
}

/// The brand of an organization, as it was set for itself.
pub async fn of_organization(act: Act<'_>, slug: &str) -> Result<Brand, ServiceFault> {
    let organization = organizations::find(act, slug).await?;
    Ok(act.core.store.organization_brand(organization.id).await?)
}

/// What is to be different about the brand of an organization; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct BrandChange {
    /// The name of a logo, or none at all.
    pub logo: Option<Option<LogoDigest>>,
    /// The picture of this name, if it is not kept yet.
    pub picture: Option<Logo>,
    /// A colour, or none at all.
    pub accent: Option<Option<Accent>>,
}

impl BrandChange {
    /// All of a brand, with the picture that it names if that is not kept yet.
    pub fn whole(brand: Brand, picture: Option<Logo>) -> Self {
        Self { logo: Some(brand.logo), picture, accent: Some(brand.accent) }
    }

    /// The logo alone, from the bytes of a file or none at all.
    pub fn of_logo(bytes: Option<Vec<u8>>) -> Result<Self, ServiceFault> {
        let picture = judged(bytes)?;
        let logo = Some(picture.as_ref().map(|picture| picture.digest));
        Ok(Self { logo, picture, ..Self::default() })
    }
}

/// Changes the brand of an organization; the ones below it wear it where they have none.
pub async fn set_organization(
    act: Act<'_>,
    slug: &str,
    change: BrandChange,
) -> Result<Brand, ServiceFault> {
    act.require(Permission::OrganizationsWrite)?;
    let organization = organizations::find(act, slug).await?;
    let before = act.core.store.organization_brand(organization.id).await?;
    let after = Brand {
        logo: change.logo.unwrap_or(before.logo),
        accent: change.accent.unwrap_or(before.accent),
    };
    if let Some(Err(faint)) = after.accent.map(Accent::check) {
        return Err(ServiceFault::invalid(ACCENT, faint.to_string()));
    }
    if after == before {
        return Ok(before);
    }
    let (was, is) = super::difference(&described(slug, before), &described(slug, after));
    let mut event = act.event("organization.branded", About::Installation, was, is);
    if let Some(facts) = event.facts.as_object_mut() {
        facts.insert("slug".to_owned(), json!(slug));
    }
    let (id, now, picture) = (organization.id, act.now, change.picture);
    let written = act.core.store.write(move |tx| {
        if let Some(picture) = &picture {
            tx.keep_logo(id, picture, now)?;
        }
        tx.set_organization_brand(id, before, after, now)?;
        tx.record(vec![event])
    });
    written.await.map_err(logo_fault)?;
    Ok(after)
}

fn described(slug: &str, brand: Brand) -> Value {
    json!({ "slug": slug, "logo": brand.logo, "accent": brand.accent })
}

/// A picture that is named and not kept is a fault of whoever named it.
pub(super) fn logo_fault(error: StoreError) -> ServiceFault {
    match error {
        StoreError::NotFound { what: "logo" } => no_such_logo(),
        other => other.into(),
    }
}

/// A picture is named that is not kept.
pub(crate) fn no_such_logo() -> ServiceFault {
    ServiceFault::invalid(LOGO, "there is no such picture in this organization; upload the file")
}
