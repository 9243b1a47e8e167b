"""Moving a control as a reader does: by the keyboard, or by the pointer. Which trait it sets need not be known."""

from typing import NamedTuple

from playwright.sync_api import Locator, Page

ABOUT = """node => ({
    kind: node.type === "select-one" ? "menu" : node.tagName === "BUTTON" ? "button" : node.type,
    name: (node.tagName === "BUTTON" ? node : node.closest("label")?.querySelector("span"))?.textContent ?? "",
    seen: node.checkVisibility() && !node.disabled,
    place: node.type === "range" ? (node.value - node.min) / (node.max - node.min) : node.selectedIndex,
    last: node.options ? node.options.length - 1 : 1,
    value: node.type === "checkbox" ? node.checked : node.value,
    says: node.closest("label")?.querySelector("output")?.textContent ?? null,
})"""


class Control(NamedTuple):
    page: Page
    node: Locator
    kind: str  # range, menu, checkbox, text or button
    name: str

    def about(self) -> dict:
        return self.node.evaluate(ABOUT)

    def move(self, way: str, text: str = "") -> None:
        """Once, by "keyboard" or "pointer"; a field gets this text, or else what stands there without its end."""
        now = self.about()
        getattr(self, f"{self.kind}_by_{way}")(now | {"text": text or shorter(str(now["value"]))})

    def press(self, key: str) -> None:
        self.node.focus()
        self.page.keyboard.press(key)

    def range_by_keyboard(self, now: dict) -> None:
        self.press("ArrowRight" if now["place"] < 1 else "ArrowLeft")

    def range_by_pointer(self, now: dict) -> None:
        box = self.node.bounding_box()
        self.node.click(position={"x": box["width"] * (0.25 if now["place"] > 0.5 else 0.75), "y": box["height"] / 2})

    def menu_by_keyboard(self, now: dict) -> None:
        self.press("ArrowDown" if now["place"] < now["last"] else "ArrowUp")

    def menu_by_pointer(self, now: dict) -> None:
        """Its list is opened by the pointer; no pointer reaches into a list that the system draws."""
        self.node.click()
        self.menu_by_keyboard(now)
        self.page.keyboard.press("Enter")

    def checkbox_by_keyboard(self, _now: dict) -> None:
        self.press("Space")

    def checkbox_by_pointer(self, _now: dict) -> None:
        self.node.click()

    def text_by_keyboard(self, now: dict) -> None:
        self.press("ControlOrMeta+a")
        self.page.keyboard.type(now["text"])
        self.page.keyboard.press("Enter")

    def text_by_pointer(self, now: dict) -> None:
        """Marked by the pointer, written, and left by the pointer."""
        self.node.click(click_count=3)
        self.page.keyboard.type(now["text"])
        self.node.locator("xpath=ancestor::*[contains(@class, 'unrolled')][last()]//p[@role='status']").click()

    def button_by_keyboard(self, _now: dict) -> None:
        self.press("Enter")

    def button_by_pointer(self, _now: dict) -> None:
        self.node.click()


def shorter(text: str) -> str:
    """Without its last word, or without its last letter where it is one word."""
    return text.rsplit(maxsplit=1)[0] if len(text.split()) > 2 else text[:-1]


def controls(page: Page, root: Locator, hidden: bool = False) -> list[Control]:
    """Those that can be used now, in order; with `hidden` all that there are."""
    nodes = root.locator(".unrolled-controls :is(input, select, button)")
    told = enumerate(nodes.evaluate_all(f"nodes => nodes.map({ABOUT})"))
    return [Control(page, nodes.nth(n), each["kind"], each["name"]) for n, each in told if each["seen"] or hidden]
