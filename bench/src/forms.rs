//! The little HTML that the benchmark must read: the provider's own forms.

/// A form: where it goes and the values of its inputs and of one button.
pub struct Form {
    /// The address it is sent to.
    pub action: String,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

/// The form that holds `marker` (an `id="…"` attribute), with that element's own name and value.
pub fn form_with(page: &str, marker: &str) -> Option<Form> {
    let needle = format!("id=\"{marker}\"");
    let form = page.split("<form").skip(1).find_map(|part| {
        let form = part.split("</form").next()?;
        form.contains(&needle).then_some(form)
    })?;
    let (head, inside) = form.split_once('>')?;
    let mut fields = Vec::new();
    for tag in inside.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or(tag);
        let is_input = tag.starts_with("input");
        let is_pressed = tag.starts_with("button") && tag.contains(&needle);
        if let Some(name) = attribute(tag, "name")
            && (is_input || is_pressed)
        {
            fields.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }
    Some(Form { action: attribute(head, "action")?, fields })
}

/// The target of a meta refresh.
pub fn refresh(page: &str) -> Option<String> {
    let tag = page.split("<meta ").skip(1).find(|tag| tag.starts_with("http-equiv=\"refresh\""))?;
    let content = attribute(tag.split('>').next()?, "content")?;
    Some(content.split_once('=')?.1.trim().to_owned())
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let marker = format!(" {name}=\"");
    let start = tag.find(&marker)? + marker.len();
    let value = tag.get(start..)?.split('"').next()?;
    let entities =
        [("&#38;", "&"), ("&#34;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&#60;", "<")];
    let decoded = entities.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to));
    Some(decoded.replace("&quot;", "\"").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_around_an_id_is_read() {
        let page = "<form action=\"/a\"><input name=\"x\"></form>\
            <form method=\"post\" action=\"/consent?a=1&amp;b=2\"><input type=\"hidden\" \
            name=\"csrf\" value=\"a&#38;b\"><button id=\"approve\" name=\"answer\" value=\"yes\">\
            <button id=\"deny\" name=\"answer\" value=\"no\"></form>";
        let form = form_with(page, "approve").expect("the form is there");
        assert_eq!(form.action, "/consent?a=1&b=2");
        let expected = [("csrf", "a&b"), ("answer", "yes")];
        assert_eq!(form.fields, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        let leave = "<meta http-equiv=\"refresh\" content=\"0;url=https://rp/?a=b&amp;c=d\">";
        assert_eq!(refresh(leave).as_deref(), Some("https://rp/?a=b&c=d"));
    }
}
