//! The rules that every page keeps, whatever it shows (WCAG 2.2 by number, and our own).

use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Selector};

use crate::assets;
use crate::i18n::Tr;

/// What is wrong with a page.
pub(crate) fn all(html: &Html, source: &str, tr: Tr) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(html.errors.iter().map(|error| format!("html5: {error}")));
    document(html, source, tr, &mut faults);
    headings(html, &mut faults);
    ids(html, &mut faults);
    fields(html, &mut faults);
    forms(html, &mut faults);
    nothing_inline(html, &mut faults);
    nothing_from_elsewhere(html, &mut faults);
    tables(html, &mut faults);
    faults
}

fn select<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().trim().to_owned()
}

/// 2.4.1, 2.4.2, 3.1.1; and no text that a catalogue lacks.
fn document(html: &Html, source: &str, tr: Tr, faults: &mut Vec<String>) {
    let root = html.root_element();
    if root.attr("lang") != Some(tr.lang()) || root.attr("dir") != Some("ltr") {
        faults.push("3.1.1: the page does not say its language".to_owned());
    }
    if select(html, "title").iter().all(|title| text(*title).len() < 5) {
        faults.push("2.4.2: no title".to_owned());
    }
    for landmark in ["header", "main#main", "footer", "a.skip[href='#main']"] {
        if select(html, landmark).len() != 1 {
            faults.push(format!("2.4.1: not one {landmark}"));
        }
    }
    if source.contains('⟦') {
        faults.push("a text is missing".to_owned());
    }
    if source.contains("&#38;#") || source.contains("&amp;amp;") || source.contains("&amp;lt;") {
        faults.push("something is escaped twice".to_owned());
    }
}

/// 1.3.1: one `h1`, and no level skipped going down. The error summary may come before the `h1`.
fn headings(html: &Html, faults: &mut Vec<String>) {
    if select(html, "h1").len() != 1 {
        faults.push("1.3.1: not one h1".to_owned());
    }
    if !select(html, "h4, h5, h6").is_empty() {
        faults.push("1.3.1: a heading deeper than any page needs".to_owned());
    }
    if !select(html, "h3").is_empty() && select(html, "h2").is_empty() {
        faults.push("1.3.1: a heading level is skipped".to_owned());
    }
    for heading in select(html, "h1, h2, h3") {
        if text(heading).is_empty() {
            faults.push("2.4.6: an empty heading".to_owned());
        }
    }
}

/// Ids are unique, and whatever is referred to is there.
fn ids(html: &Html, faults: &mut Vec<String>) {
    let mut ids = BTreeSet::new();
    for element in select(html, "[id]") {
        let id = element.attr("id").unwrap();
        if id.is_empty() || !ids.insert(id) {
            faults.push(format!("the id {id:?} is there twice"));
        }
    }
    for attribute in ["for", "aria-describedby", "aria-labelledby", "aria-controls"] {
        for element in select(html, &format!("[{attribute}]")) {
            for id in element.attr(attribute).unwrap().split(' ') {
                if !ids.contains(id) {
                    faults.push(format!("{attribute} names {id:?}, which is not there"));
                }
            }
        }
    }
    for link in select(html, "a[href^='#']") {
        let id = link.attr("href").unwrap().trim_start_matches('#');
        if !ids.contains(id) {
            faults.push(format!("a link leads to #{id}, which is not there"));
        }
    }
}

/// 3.3.2, 4.1.2, 1.3.5: each field has a visible label and says what it is for.
fn fields(html: &Html, faults: &mut Vec<String>) {
    for field in select(html, "input, select, textarea") {
        if field.attr("type") == Some("hidden") || field.attr("hidden").is_some() {
            continue;
        }
        let name = field.attr("name").unwrap_or_default();
        let id = field.attr("id").unwrap_or_default();
        let labels = select(html, &format!("label[for='{id}']"));
        if labels.len() != 1 || labels.iter().any(|label| text(*label).is_empty()) {
            faults.push(format!("3.3.2: the field {name:?} has no label"));
        }
        // HTML gives the attribute to what is typed, and to nothing else.
        let typed = !matches!(field.attr("type"), Some("checkbox" | "radio" | "file"));
        let completed = field.attr("autocomplete").is_some();
        if field.value().name() == "input" && typed != completed {
            faults.push(format!("1.3.5: the field {name:?} and autocomplete"));
        }
        if field.attr("placeholder").is_some() {
            faults.push(format!("3.3.2: the field {name:?} has a placeholder"));
        }
        let invalid = field.attr("aria-invalid").is_some();
        if invalid && field.attr("aria-describedby").is_none() {
            faults.push(format!("3.3.1: the fault of {name:?} is not tied to it"));
        }
    }
    for control in select(html, "button, a[href]") {
        if text(control).is_empty() {
            faults.push("4.1.2: a control without a name".to_owned());
        }
    }
}

/// I19: every form of ours is posted, to us, with a token; a form to elsewhere carries none, and
/// neither does a search, which changes nothing.
fn forms(html: &Html, faults: &mut Vec<String>) {
    let token = Selector::parse("input[type=hidden][name=csrf]").unwrap();
    let submit = Selector::parse("button[type=submit]").unwrap();
    for form in select(html, "form") {
        let action = form.attr("action").unwrap_or_default();
        let tokens = form.select(&token).count();
        let ours = action.starts_with('/') && !action.starts_with("//");
        let search = form.attr("role") == Some("search") && form.attr("method") == Some("get");
        let expected = usize::from(ours && !search);
        if (form.attr("method") != Some("post") && !search) || tokens != expected {
            faults.push(format!("the form to {action:?} has {tokens} tokens, or is no POST"));
        }
        if form.select(&submit).next().is_none() {
            faults.push(format!("3.2.2: the form to {action:?} has no button"));
        }
    }
}

/// No inline script, style or handler, so that the policy can forbid them all.
fn nothing_inline(html: &Html, faults: &mut Vec<String>) {
    for script in select(html, "script") {
        if !text(script).is_empty() || script.attr("src").is_none() {
            faults.push("an inline script".to_owned());
        }
    }
    if !select(html, "style, [style], base, iframe, object, embed").is_empty() {
        faults.push("an inline style, a base or a frame".to_owned());
    }
    for element in select(html, "*") {
        for (name, value) in element.value().attrs() {
            // What stands in a field is text.
            let text = name == "value";
            let runs = !text && value.trim_start().to_ascii_lowercase().starts_with("javascript:");
            if name.starts_with("on") || runs {
                faults.push(format!("{name}={value:?} runs script"));
            }
        }
    }
}

/// Whether an address is that of a logo or a colour, which we serve.
fn is_brand(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("/brand/") else { return false };
    rest.strip_suffix(".css").unwrap_or(rest).bytes().all(|b| b.is_ascii_hexdigit() || b == b'/')
}

/// Everything a page loads is an embedded file of ours, or what an administrator gave it to wear.
fn nothing_from_elsewhere(html: &Html, faults: &mut Vec<String>) {
    let loaded = select(html, "[src]").into_iter().filter_map(|it| it.attr("src"));
    let linked = select(html, "link[href]").into_iter().filter_map(|it| it.attr("href"));
    for address in loaded.chain(linked) {
        if assets::at(address).is_none() && !is_brand(address) {
            faults.push(format!("{address} is loaded and is no file of ours"));
        }
    }
    if !select(html, "[srcset], [ping], link[rel=preconnect], link[rel=dns-prefetch]").is_empty() {
        faults.push("something is fetched from elsewhere".to_owned());
    }
    for link in select(html, "a[target=_blank]") {
        if !link.attr("rel").unwrap_or_default().contains("noopener") {
            faults.push("a new window keeps its opener".to_owned());
        }
    }
}

/// 1.3.1: tables have a caption and say what their headers head.
fn tables(html: &Html, faults: &mut Vec<String>) {
    let caption = Selector::parse("caption").unwrap();
    for table in select(html, "table") {
        if table.select(&caption).next().is_none() {
            faults.push("1.3.1: a table without a caption".to_owned());
        }
    }
    for header in select(html, "th") {
        if header.attr("scope").is_none() {
            faults.push("1.3.1: a header without a scope".to_owned());
        }
    }
}

/// A page that breaks the rules, one fault a line, and what has to be said of it. A rule that finds
/// nothing here would find nothing anywhere.
#[test]
fn every_rule_can_be_broken() {
    let rows: &[(&str, &str)] = &[
        ("<p><div></p>", "html5"),
        ("<h1>a</h1><h1>b</h1>", "1.3.1: not one h1"),
        ("<h1>a</h1><h3>b</h3>", "level is skipped"),
        ("<p id=a></p><p id=a></p>", "is there twice"),
        ("<p aria-describedby=nobody></p>", "which is not there"),
        ("<a href='#nowhere'>x</a>", "leads to #nowhere"),
        ("<input name=x autocomplete=off>", "has no label"),
        ("<label for=x>X</label><input name=x id=x>", "1.3.5"),
        ("<label for=x>X</label><input name=x id=x type=file autocomplete=off>", "1.3.5"),
        ("<input aria-invalid=true>", "not tied to it"),
        ("<input placeholder=x>", "a placeholder"),
        ("<button></button>", "4.1.2"),
        ("<form method=post action='/login'><button type=submit>x</button></form>", "0 tokens"),
        ("<form action='https://a'><button type=submit>x</button></form>", "is no POST"),
        (
            "<form method=post action='//a'><input type=hidden name=csrf>\
             <button type=submit>x</button></form>",
            "1 tokens",
        ),
        ("<form method=post action='https://a'></form>", "has no button"),
        ("<script>x()</script>", "inline script"),
        ("<p style='color:red'></p>", "inline style"),
        ("<p onclick='x()'></p>", "runs script"),
        ("<a href=' JavaScript:x()'>x</a>", "runs script"),
        ("<img src='https://a/x.png'>", "no file of ours"),
        ("<link rel=stylesheet href='/other.css'>", "no file of ours"),
        ("<img src='/brand/../x.png'>", "no file of ours"),
        ("<a target=_blank href='https://a'>x</a>", "keeps its opener"),
        ("<table><tr><th>x</th></tr></table>", "without a caption"),
        ("<table><tr><th>x</th></tr></table>", "without a scope"),
        ("<p>⟦key⟧</p>", "a text is missing"),
        ("<html lang=fr>", "3.1.1"),
        ("<title></title>", "2.4.2"),
        ("<p>no landmark</p>", "not one main"),
    ];
    for (page, fault) in rows {
        let source = format!("<!doctype html>{page}");
        let faults = all(&Html::parse_document(&source), &source, Tr::default());
        assert!(faults.iter().any(|found| found.contains(fault)), "{page}: {faults:?}");
    }
}
