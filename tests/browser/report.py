# SPDX-License-Identifier: GPL-3.0-or-later
"""report.py CHROMIUM FOLDER [AXE]: opens each page and picture of FOLDER as users do and says what is wrong with it. AXE is
axe.min.js of axe-core; without it accessibility is not looked at."""
import glob
import os
import sys

from browser import Browser

GLANCES = [("wide", 1280, "", "light"), ("dark", 1280, "", "dark"), ("phone", 390, "", "light"), ("print", 718, "print", "light")]

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# Texts of a picture that overlap or leave it, pictures without a size.
TEXTS = """(() => {
  const wrong = [];
  for (const details of document.querySelectorAll('details')) details.open = true;
  const pictures = document.documentElement.tagName === 'svg' ? [document.documentElement] : document.querySelectorAll('svg');
  for (const svg of pictures) {
    const name = svg.querySelector('title').textContent, box = svg.getBoundingClientRect();
    if (!(box.width > 100 && box.height > 60)) wrong.push(`${name}: ${box.width} by ${box.height}`);
    const texts = [...svg.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()])
      .filter(([, r]) => r.width > 0);
    if (texts.length < 3) wrong.push(`${name}: only ${texts.length} texts`);
    texts.forEach(([a, r], i) => {
      if (r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1)
        wrong.push(`${name}: "${a}" leaves the picture`);
      for (const [b, s] of texts.slice(i + 1))
        if (Math.min(r.right, s.right) - Math.max(r.left, s.left) > 1 && Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top) > 3)
          wrong.push(`${name}: "${a}" and "${b}" overlap`);
    });
  }
  return wrong;
})()"""

# Each column of each table sorts, both ways, and says so.
SORTING = """(() => {
  const wrong = [];
  for (const table of document.querySelectorAll('table')) {
    const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells], name = table.caption.textContent;
    if (body.rows.length < 2) continue;
    heads.forEach((head, column) => {
      const button = head.querySelector('button');
      if (!button) { wrong.push(`${name}: no button`); return; }
      const seen = [];
      for (let click = 0; click < 2; click++) {
        button.click();
        seen.push(head.getAttribute('aria-sort'));
        const cells = [...body.rows].map((row) => row.cells[column]);
        const values = head.classList.contains('n') ? cells.filter((c) => c.dataset.v).map((c) => Number(c.dataset.v))
                                                    : cells.map((c) => c.textContent);
        const sign = head.getAttribute('aria-sort') === 'ascending' ? 1 : -1;
        for (let i = 1; i < values.length; i++) {
          const order = typeof values[i] === 'number' ? values[i - 1] - values[i] : values[i - 1].localeCompare(values[i]);
          if (sign * order > 0) { wrong.push(`${name}: ${head.textContent} is not in order`); break; }
        }
      }
      if (seen.slice().sort().join() !== 'ascending,descending') wrong.push(`${name}: aria-sort said ${seen}`);
      if (table.querySelectorAll('[aria-sort]').length !== 1) wrong.push(`${name}: several columns say they sort`);
    });
  }
  if (document.querySelectorAll('table').length === 0) wrong.push('there are no tables');
  return wrong;
})()"""

AXE = """axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations
  .filter((v) => v.impact === 'serious' || v.impact === 'critical')
  .map((v) => `axe: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' | ')}`))"""


def talk(browser):
    """What the console, the network and dialogs had to say since the page was opened."""
    for event in browser.events:
        method, parameters = event.get("method", ""), event.get("params", {})
        if method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            yield "console: " + parameters["entry"]["text"]
        elif method == "Runtime.exceptionThrown":
            yield "exception: " + str(parameters["exceptionDetails"].get("text"))
        elif method == "Runtime.consoleAPICalled":
            yield "console: " + str(parameters.get("args"))
        elif method == "Page.javascriptDialogOpening":
            yield "a dialog opened: " + parameters["message"]
        elif method == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            if not url.startswith("data:") and parameters.get("type") != "Document":
                yield "a request to " + url


def faults_of_page(browser, path, axe):
    for name, width, media, scheme in GLANCES:
        browser.size(width, mobile=name == "phone")
        browser.media(media, scheme)
        browser.open(path)
        wrong = browser.run(TEXTS)
        overflow = browser.run(OVERFLOW)
        if overflow > 0:
            wrong.append(f"{overflow} px wider than the window")
        if media == "":
            wrong += browser.run(SORTING)
        if axe and media == "":
            browser.run(axe + ";0")
            wrong += browser.run(AXE)
        yield from (f"{name}: {fault}" for fault in wrong + list(talk(browser)))


def faults_of_picture(browser, path):
    browser.size(1280)
    browser.media("", "light")
    browser.open(path)
    yield from browser.run(TEXTS)
    yield from talk(browser)


def faults_without_script(browser, path):
    """Without script headings stay, and nothing is there that needs it."""
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.size(1280)
    browser.open(path)
    if browser.run("document.querySelectorAll('button').length") != 0:
        yield "buttons that do nothing"
    if not browser.run("[...document.querySelectorAll('th')].every((h) => h.textContent.length > 0 || h.scope === 'row')"):
        yield "headings without a text"
    browser.call("Emulation.setScriptExecutionDisabled", value=False)


def main():
    program, folder = sys.argv[1:3]
    axe = open(sys.argv[3], encoding="utf-8").read() if len(sys.argv) > 3 else None
    browser, failed = Browser(program), False
    try:
        for path in sorted(glob.glob(folder + "/*.html") + glob.glob(folder + "/*.svg")):
            if path.endswith(".svg"):
                faults = list(faults_of_picture(browser, path))
            else:
                faults = list(faults_of_page(browser, path, axe)) + list(faults_without_script(browser, path))
            for fault in dict.fromkeys(faults):
                failed = True
                print(f"{os.path.basename(path)}: {fault}")
    finally:
        browser.close()
    sys.exit(1 if failed else 0)


main()
