//! A real browser: headless Chromium driven through chromedriver, with an empty profile.
//!
//! Besides driving pages it looks at them: axe-core in light and dark, the console (where a
//! violation of the Content-Security-Policy shows), and screenshots for people.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::browser::{Person, plain_client};
use crate::process::free_port;

/// Two browsers at a time: each is several processes.
static PLACES: Semaphore = Semaphore::const_new(2);

/// How long a page may take to show what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The colours a person prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `prefers-color-scheme: light`.
    Light,
    /// `prefers-color-scheme: dark`.
    Dark,
}

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// As browsers come.
    On,
    /// Switched off by the person.
    Off,
}

/// A running browser with one tab.
pub struct Chromium {
    client: Client,
    driver: Child,
    session: String,
    http: reqwest::Client,
    _profile: tempfile::TempDir,
    _place: SemaphorePermit<'static>,
}

impl Chromium {
    /// Starts chromedriver and a browser.
    pub async fn start(scripts: Scripts) -> Self {
        let place = PLACES.acquire().await.expect("places are never closed");
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts; `cargo xtask test tools` brings it");
        let address = format!("http://127.0.0.1:{port}");
        let capabilities = capabilities(&profile.path().display().to_string(), scripts);
        let client = connect(&address, &capabilities).await;
        let id = client.session_id().await.expect("a session has an id").expect("a session");
        let session = format!("{address}/session/{id}");
        Self { client, driver, session, http: plain_client(), _profile: profile, _place: place }
    }

    /// Opens an address and waits for it to load.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The address shown.
    pub async fn url(&self) -> String {
        self.client.current_url().await.expect("a tab has an address").to_string()
    }

    /// Waits until an element with this id is there.
    pub async fn wait_for(&self, id: &str) {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Id(id)).await;
        if let Err(error) = found {
            panic!("no #{id} on {} ({error}): {}", self.url().await, self.text().await);
        }
    }

    /// Waits until the address starts so, and returns it.
    pub async fn wait_for_address(&self, start: &str) -> String {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let url = self.url().await;
            if url.starts_with(start) {
                return url;
            }
            if tokio::time::Instant::now() > until {
                panic!("still at {url}, not at {start}: {}", self.text().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether an element with this id is there now.
    pub async fn has(&self, id: &str) -> bool {
        self.client.find(Locator::Id(id)).await.is_ok()
    }

    /// The text of the element with this id.
    pub async fn text_of(&self, id: &str) -> String {
        self.wait_for(id).await;
        let element = self.client.find(Locator::Id(id)).await.expect("just seen");
        element.text().await.expect("an element has text")
    }

    /// The text of the page.
    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    /// Replaces what a field holds.
    pub async fn fill(&self, id: &str, text: &str) {
        self.wait_for(id).await;
        let field = self.client.find(Locator::Id(id)).await.expect("just seen");
        field.clear().await.expect("a field can be emptied");
        field.send_keys(text).await.expect("a field takes text");
    }

    /// Clicks the element with this id.
    pub async fn click(&self, id: &str) {
        self.wait_for(id).await;
        let element = self.client.find(Locator::Id(id)).await.expect("just seen");
        element.click().await.unwrap_or_else(|error| panic!("#{id} is not clickable: {error}"));
    }

    /// Types keys to whatever has the focus.
    pub async fn press(&self, keys: &str) {
        let focused = self.client.active_element().await.expect("something has the focus");
        focused.send_keys(keys).await.expect("the focused element takes keys");
    }

    /// The id of the element with the focus.
    pub async fn focused(&self) -> Option<String> {
        let focused = self.client.active_element().await.ok()?;
        focused.attr("id").await.ok().flatten()
    }

    /// Presses Tab until the element with this id has the focus.
    pub async fn tab_to(&self, id: &str) {
        let tab = char::from(fantoccini::key::Key::Tab).to_string();
        for _ in 0..40 {
            if self.focused().await.as_deref() == Some(id) {
                return;
            }
            self.press(&tab).await;
        }
        panic!("forty times Tab on {} never reached #{id}", self.url().await);
    }

    /// Signs in on the page that is shown.
    pub async fn sign_in(&self, person: &Person) {
        self.fill("username", &person.email).await;
        self.fill("password", &person.password).await;
        self.click("submit").await;
    }

    /// Shows an address in a frame of the page, and goes on inside it.
    pub async fn embed(&self, url: &str) {
        let script = "const frame = document.createElement('iframe'); frame.src = arguments[0]; \
                      frame.width = 400; frame.height = 700; document.body.append(frame);";
        self.client.execute(script, vec![json!(url)]).await.expect("scripts run");
        self.client.enter_frame(0).await.expect("the page has a frame");
    }

    /// Forgets the cookies of the site that is shown.
    pub async fn forget_cookies(&self) {
        self.client.delete_all_cookies().await.expect("cookies can be forgotten");
    }

    /// Sends a header field with every request from now on.
    pub async fn send_always(&self, name: &str, value: &str) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setExtraHTTPHeaders", json!({ "headers": { name: value } })).await;
    }

    /// Goes on in the newest window.
    pub async fn enter_new_window(&self) {
        let until = tokio::time::Instant::now() + PATIENCE;
        let windows = loop {
            let windows = self.client.windows().await.expect("a browser has windows");
            if windows.len() > 1 {
                break windows;
            }
            assert!(tokio::time::Instant::now() < until, "no window was opened");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let newest = windows.into_iter().next_back().expect("several");
        self.client.switch_to_window(newest).await.expect("it is there");
    }

    /// Waits until an element of this CSS selector is there.
    pub async fn wait_for_css(&self, selector: &str) -> fantoccini::elements::Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no {selector} ({error}): {}", self.text().await),
        }
    }

    /// Waits until the page shows these words.
    pub async fn wait_for_text(&self, words: &str) {
        let until = tokio::time::Instant::now() + PATIENCE;
        while !self.text().await.contains(words) {
            assert!(tokio::time::Instant::now() < until, "no {words:?} in: {}", self.text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Shows the page as on a screen of this width with these colours.
    pub async fn appear(&self, scheme: Scheme, width: u32) {
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        let screen =
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        // Phones lay theirs over the page; one that takes room is not part of a screenshot.
        self.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
    }

    /// Looks at a page as people do: axe-core finds nothing in light and dark, nothing is wider
    /// than a small phone, the console is quiet; screenshots go to `target/screenshots`.
    pub async fn inspect(&self, name: &str) {
        let faults = self.faults(name).await;
        assert!(faults.is_empty(), "{name}:\n{}", faults.join("\n"));
    }

    /// What [`Chromium::inspect`] finds.
    pub async fn faults(&self, name: &str) -> Vec<String> {
        let mut faults = Vec::new();
        for scheme in [Scheme::Light, Scheme::Dark] {
            for width in [320, 1280] {
                self.appear(scheme, width).await;
                self.settle().await;
                let file = format!("{name}-{}-{width}.png", format!("{scheme:?}").to_lowercase());
                self.screenshot(&file).await;
                faults.extend(self.axe().await.into_iter().map(|fault| format!("{file}: {fault}")));
                if self.scrolls_sideways().await {
                    faults.push(format!("{file}: wider than the screen"));
                }
            }
        }
        faults.extend(self.console().await);
        faults.extend(self.loose_ends().await);
        faults
    }

    /// Links within the page that lead nowhere, such as those of an error summary.
    async fn loose_ends(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('a[href^=\"#\"]')]\
                      .filter(link => !document.getElementById(decodeURIComponent(link.hash.slice(1))))\
                      .map(link => link.outerHTML);";
        let found = self.client.execute(script, Vec::new()).await.expect("scripts run");
        let links = found.as_array().cloned().unwrap_or_default();
        links.iter().map(|link| format!("leads nowhere: {link}")).collect()
    }

    /// The title of the page.
    pub async fn title(&self) -> String {
        self.client.title().await.expect("a page has a title")
    }

    /// How many elements a CSS selector finds.
    pub async fn count(&self, selector: &str) -> usize {
        self.client.find_all(Locator::Css(selector)).await.expect("a selector").len()
    }

    /// What a script in the page returns.
    pub async fn evaluate(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("scripts run")
    }

    /// Chooses a file.
    pub async fn choose_file(&self, id: &str, path: &std::path::Path) {
        let field = self.client.find(Locator::Id(id)).await.expect("a file field");
        field.send_keys(&path.display().to_string()).await.expect("a file can be chosen");
    }

    /// What axe-core reports, by WCAG 2.2 A and AA and its best practices.
    pub async fn axe(&self) -> Vec<String> {
        self.load("axe-core/axe.min.js", "axe").await;
        let run = "const done = arguments[arguments.length - 1]; axe.run(document).then(done, \
                   fault => done({ violations: [{ id: String(fault), nodes: [] }] }));";
        let report = self.client.execute_async(run, Vec::new()).await.expect("axe-core runs");
        let violations = report["violations"].as_array().cloned().unwrap_or_default();
        violations.iter().map(violation).collect()
    }

    /// Loads a package from npm into the page, with the global name it gives itself.
    pub async fn load(&self, file: &str, name: &str) {
        let path = test_tools().join("browser/node_modules").join(file);
        let script = std::fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{}: {error}; `cargo xtask test tools` brings it", path.display())
        });
        let script = format!("{script}\nwindow.{name} ??= {name};");
        self.client.execute(&script, Vec::new()).await.unwrap_or_else(|error| {
            panic!("{file}: {error}");
        });
    }

    /// What an expression comes to in the page, or the text of its fault. Promises are awaited.
    pub async fn outcome(&self, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; Promise.resolve().then(() => \
             {expression}).then(done, fault => done(String(fault)));"
        );
        let outcome = self.client.execute_async(&script, Vec::new()).await;
        outcome.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Warnings and errors of the console since it was last read, but for the status of the pages
    /// themselves: an error page is meant to have one.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.command("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING")
            .filter(|entry| {
                entry["source"] != "network" || text(entry, "message").contains("/assets/")
            })
            .map(|entry| format!("console {}: {}", text(entry, "source"), text(entry, "message")))
            .collect()
    }

    /// Saves the whole page under `target/screenshots`.
    pub async fn screenshot(&self, file: &str) {
        // As wide as the page believes the screen to be: a scrollbar that is not shown takes nothing.
        let size = "return [window.innerWidth, document.documentElement.scrollHeight];";
        let size = self.client.execute(size, Vec::new()).await.expect("scripts run");
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        let shot = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let shot = self.devtools("Page.captureScreenshot", shot).await;
        let bytes = STANDARD.decode(shot["data"].as_str().unwrap_or_default());
        let folder = target().join("screenshots");
        std::fs::create_dir_all(&folder).expect("target can be written");
        std::fs::write(folder.join(file), bytes.expect("screenshots come as base64"))
            .expect("target can be written");
    }

    /// Ends the browser and its driver.
    pub async fn close(mut self) {
        let _ = self.client.close().await;
        let _ = self.driver.kill().await;
    }

    /// Waits for colours to arrive where they are going: half-way they would be judged wrongly.
    async fn settle(&self) {
        let script = "const done = arguments[arguments.length - 1]; \
                      const running = document.getAnimations().map(one => one.finished); \
                      Promise.allSettled(running).then(() => done(true));";
        self.client.execute_async(script, Vec::new()).await.expect("transitions end");
    }

    async fn scrolls_sideways(&self) -> bool {
        let script = "return document.documentElement.scrollWidth > window.innerWidth;";
        self.client.execute(script, Vec::new()).await.is_ok_and(|answer| answer == json!(true))
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.command("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn command(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}/{path}", self.session)).json(&body);
        let answer = crate::browser::Answer::read(request).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()["value"].clone()
    }
}

fn capabilities(profile: &str, scripts: Scripts) -> fantoccini::wd::Capabilities {
    let mut options = json!({
        "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--window-size=1280,800",
            format!("--user-data-dir={profile}"),
        ],
    });
    if scripts == Scripts::Off {
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    let capabilities = json!({
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL" },
        "acceptInsecureCerts": true,
    });
    match capabilities {
        Value::Object(map) => map,
        _ => unreachable!("an object literal is an object"),
    }
}

/// chromedriver needs a moment before it listens.
async fn connect(address: &str, capabilities: &fantoccini::wd::Capabilities) -> Client {
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.clone());
        match builder.connect(address).await {
            Ok(client) => return client,
            Err(error) if tokio::time::Instant::now() > until => {
                panic!("chromedriver at {address} gives no browser: {error}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

fn violation(violation: &Value) -> String {
    let nodes = violation["nodes"].as_array().cloned().unwrap_or_default();
    let places: Vec<String> = nodes.iter().map(|node| node["html"].to_string()).collect();
    let why = nodes.first().map(|node| node["failureSummary"].to_string()).unwrap_or_default();
    format!("axe {}: {} {why} {}", violation["id"], violation["help"], places.join(" "))
}

/// Cargo's target folder, seen from the test binary in `target/<profile>/deps`.
pub fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.ancestors().nth(3).expect("tests lie in target/<profile>/deps").to_path_buf()
}

/// What `cargo xtask test tools` brings.
pub fn test_tools() -> PathBuf {
    target().join("test-tools")
}
