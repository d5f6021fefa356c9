//! An HTML page as a browser without scripts understands it: forms, ids, links, meta refresh.

use scraper::{ElementRef, Html, Selector};

/// A parsed page.
pub struct Page {
    document: Html,
}

/// A form with the values a browser would send.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it is sent, as written.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// Names and values of its controls, buttons left out.
    pub fields: Vec<(String, String)>,
    buttons: Vec<(String, Option<(String, String)>)>,
}

impl Page {
    /// Parses a document.
    pub fn parse(html: &str) -> Self {
        Self { document: Html::parse_document(html) }
    }

    /// Whether an element has this id.
    pub fn has_id(&self, id: &str) -> bool {
        self.element(&format!("[id=\"{id}\"]")).is_some()
    }

    /// The text of the element with this id, trimmed.
    pub fn text_of(&self, id: &str) -> Option<String> {
        let element = self.element(&format!("[id=\"{id}\"]"))?;
        Some(element.text().collect::<String>().trim().to_owned())
    }

    /// All text of the page's body, white space collapsed.
    pub fn text(&self) -> String {
        let words: String =
            self.element("body").map(|body| body.text().collect()).unwrap_or_default();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The title.
    pub fn title(&self) -> String {
        self.element("title").map(|title| title.text().collect()).unwrap_or_default()
    }

    /// The first element of a CSS selector, as an attribute's value.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        self.element(selector)?.attr(name).map(str::to_owned)
    }

    /// How many elements a CSS selector finds.
    pub fn count(&self, selector: &str) -> usize {
        self.document.select(&css(selector)).count()
    }

    /// The form that holds the element with this id.
    pub fn form_with(&self, id: &str) -> Option<Form> {
        let inside = css(&format!("[id=\"{id}\"]"));
        self.document
            .select(&css("form"))
            .find(|form| form.select(&inside).next().is_some())
            .map(Form::read)
    }

    /// The first form.
    pub fn first_form(&self) -> Option<Form> {
        self.element("form").map(Form::read)
    }

    /// The target of `<meta http-equiv=refresh>`.
    pub fn refresh(&self) -> Option<String> {
        let content = self.attribute("meta[http-equiv=refresh i]", "content")?;
        let (_, target) = content.split_once('=')?;
        Some(target.trim().trim_matches(['\'', '"']).to_owned())
    }

    fn element(&self, selector: &str) -> Option<ElementRef<'_>> {
        self.document.select(&css(selector)).next()
    }
}

impl Form {
    fn read(form: ElementRef<'_>) -> Self {
        let value =
            |element: &ElementRef<'_>, name: &str| element.attr(name).unwrap_or("").to_owned();
        let mut fields = Vec::new();
        let mut buttons = Vec::new();
        for control in form.select(&css("input, button, select, textarea")) {
            let kind = control.attr("type").unwrap_or(match control.value().name() {
                "button" => "submit",
                _ => "text",
            });
            let name = value(&control, "name");
            match kind {
                "submit" | "image" => {
                    let sent = (!name.is_empty()).then(|| (name, value(&control, "value")));
                    buttons.push((value(&control, "id"), sent));
                }
                "button" | "reset" => {}
                "checkbox" | "radio" if control.attr("checked").is_none() => {}
                _ if name.is_empty() => {}
                _ if control.value().name() == "textarea" => {
                    fields.push((name, control.text().collect()));
                }
                _ if control.value().name() == "select" => fields.push((name, chosen(control))),
                _ => fields.push((name, value(&control, "value"))),
            }
        }
        Self {
            action: value(&form, "action"),
            method: form.attr("method").unwrap_or("get").to_ascii_lowercase(),
            fields,
            buttons,
        }
    }

    /// The value of a control.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Types into a control, which is added when the page has none of that name.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Leaves a control out of what is sent.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(key, _)| key != name);
        self
    }

    /// Presses the button with this id: its name and value are sent too.
    #[must_use]
    pub fn press(mut self, id: &str) -> Self {
        if let Some((_, Some(sent))) = self.buttons.iter().find(|(button, _)| button == id) {
            self.fields.push(sent.clone());
        }
        self
    }
}

/// What a select sends: the chosen option, or else the first.
fn chosen(select: ElementRef<'_>) -> String {
    let (chosen, all) = (css("option[selected]"), css("option"));
    let option = select.select(&chosen).next().or_else(|| select.select(&all).next());
    option.and_then(|option| option.attr("value")).unwrap_or_default().to_owned()
}

fn css(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("selector {selector:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_sends_what_a_browser_would() {
        let page = Page::parse(
            "<title>T</title><meta http-equiv=Refresh content='0; url=https://rp.test/?a=b&amp;c=d'>\
             <form action=/x><input name=other></form>\
             <form method=POST action=/consent><input type=hidden name=csrf value='a&amp;b'>\
             <textarea name=area>\na\nb</textarea>\
             <select name=one><option value=1>1<option value=2 selected>2</select>\
             <input type=checkbox name=no value=1><input type=checkbox name=yes value=2 checked>\
             <button id=approve name=answer value=approve>Yes</button>\
             <button id=deny name=answer value=deny>No</button></form>",
        );
        let form = page.form_with("deny").unwrap().press("deny").fill("extra", "e");
        assert_eq!((form.action.as_str(), form.method.as_str()), ("/consent", "post"));
        let expected = [
            ("csrf", "a&b"),
            ("area", "a\nb"),
            ("one", "2"),
            ("yes", "2"),
            ("answer", "deny"),
            ("extra", "e"),
        ];
        assert_eq!(form.fields, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        assert_eq!(page.refresh().unwrap(), "https://rp.test/?a=b&c=d");
        assert!(page.form_with("nowhere").is_none());
    }
}
