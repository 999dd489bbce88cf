"""What a person who looks at a page with care sees: whether it can be used, by whom, and in one language."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

from infra.translations import translations
from tests.stories.people import Customer

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
HEAVIEST = 100_000

_TEXTS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest("[lang]:not(html), script, style, .words, dd")) found.push(walker.currentNode.textContent);
  }
  for (const each of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")) {
    if (each.closest("[lang]:not(html)")) continue;
    for (const name of ["aria-label", "title", "placeholder", "alt"]) found.push(each.getAttribute(name) || "");
  }
  return found.map((text) => text.replace(/\\s+/g, " ").trim()).filter((text) => text);
}"""


def signs_in_as_customer(page: Page, customer: Customer, *, to: str) -> None:
    """Walks through the local issuer's page, which takes any account id."""
    page.goto(f"/signin?to={to}")
    page.locator("input[name=account_id]").fill(customer.account_id)
    page.locator("form", has=page.locator("input[name=account_id]")).locator("button").first.click()


def signs_in_as_team(page: Page, who: str, *, to: str = "/desk") -> None:
    page.goto(f"/signin?to={to}")
    page.locator(f"button[name=as][value={who}]").click()
    page.wait_for_url(f"**{to}")


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA, one line each."""
    page.evaluate(AXE)
    chosen = json.dumps({"runOnly": {"type": "tag", "values": WCAG_22_AA}, "resultTypes": ["violations"]})
    found: dict[str, Any] = page.evaluate(f"() => axe.run(document, {chosen})")
    return [
        f"{each['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def overflow(page: Page) -> list[str]:
    """The page must not be wider than the window."""
    wide, has = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return [f"{wide} px wide in a window of {has} px"] if wide > has else []


def foreign_words(page: Page, language: str, *, typed: Iterable[str] = ()) -> list[str]:
    """Sentences of the catalogue that stand there in the other language. `typed`: what people wrote themselves."""
    english = {sentence: said for sentence, said in translations().items() if said and said != sentence}
    others: Iterable[str] = english.keys() if language == "vi" else english.values()
    ours = set(english.values()) if language == "vi" else set(english)
    strange = {text for text in others if "{" not in text} - ours - set(typed)
    return [text for text in page.evaluate(_TEXTS) if text in strange]
