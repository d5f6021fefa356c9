"""A browser small enough to read: cookies, redirects, forms and meta refresh, no scripts.

It signs a user in by the provider's public page ids alone, so it also proves that the pages work
without JavaScript.
"""

from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import requests


class Pages(HTMLParser):
    """Collects a page's forms, the ids on it and its meta refresh."""

    def __init__(self):
        super().__init__()
        self.forms = []
        self.ids = set()
        self.refresh = None
        self._form = None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.ids.add(attrs["id"])
        if tag == "form":
            self._form = {
                "action": attrs.get("action", ""),
                "method": attrs.get("method", "get").lower(),
                "fields": {},
                "buttons": {},
                "ids": set(),
            }
            self.forms.append(self._form)
        elif tag == "meta" and attrs.get("http-equiv", "").lower() == "refresh":
            _, _, target = attrs.get("content", "").partition("=")
            self.refresh = target.strip().strip("'\"") or None
        elif self._form is not None and tag in ("input", "button"):
            kind = attrs.get("type", "submit" if tag == "button" else "text")
            self._form["ids"].add(attrs.get("id"))
            if kind == "submit":
                self._form["buttons"][attrs.get("id")] = (attrs.get("name"), attrs.get("value", ""))
            elif attrs.get("name") and (kind != "checkbox" or "checked" in attrs):
                self._form["fields"][attrs["name"]] = attrs.get("value", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None


class Stuck(Exception):
    """The walk met a page it has no answer for."""


class Browser:
    """One person's browser at the provider."""

    def __init__(self, email, password, deny=False):
        self.session = requests.Session()
        self.session.trust_env = False
        self.email = email
        self.password = password
        self.deny = deny
        self.seen = []

    def walk(self, url, redirect_uri):
        """From the authorization request to the address the provider sends the browser to."""
        response = self.session.get(url, allow_redirects=False, timeout=20)
        for _ in range(20):
            location = self._onward(response)
            if location is not None:
                if urldefrag(location)[0].split("?")[0] == redirect_uri.split("?")[0]:
                    return location
                self._same_origin(url, location)
                response = self.session.get(location, allow_redirects=False, timeout=20)
            else:
                response = self._submit(response)
        raise Stuck(f"no end after twenty steps: {self.seen}")

    def _onward(self, response):
        if response.is_redirect:
            return urljoin(response.url, response.headers["Location"])
        page = self._page(response)
        if page.refresh is not None:
            return urljoin(response.url, page.refresh)
        return None

    def _submit(self, response):
        page = self._page(response)
        for form in page.forms:
            fields = dict(form["fields"])
            if "password" in fields:
                self.seen.append("sign-in")
                fields["username"] = self.email
                fields["password"] = self.password
                button = form["buttons"].get("submit")
            elif "approve" in form["ids"] or "deny" in form["ids"]:
                self.seen.append("consent")
                wanted = "deny" if self.deny else "approve"
                if wanted not in form["ids"]:
                    continue
                button = form["buttons"].get(wanted)
            else:
                continue
            if button is not None and button[0]:
                fields[button[0]] = button[1]
            action = urljoin(response.url, form["action"])
            self._same_origin(response.url, action)
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(response.url))
            return self.session.post(
                action,
                data=fields,
                headers={"Origin": origin},
                allow_redirects=False,
                timeout=20,
            )
        raise Stuck(
            f"{response.status_code} {response.url} has no form to go on with; "
            f"ids on the page: {sorted(page.ids)}; text: {response.text[:2000]}"
        )

    @staticmethod
    def _page(response):
        page = Pages()
        page.feed(response.text)
        return page

    @staticmethod
    def _same_origin(here, there):
        if urlsplit(here)[:2] != urlsplit(there)[:2]:
            raise Stuck(f"{here} leads to {there}, which is neither the provider nor the client")
