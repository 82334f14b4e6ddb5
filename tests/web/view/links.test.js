// Which parts of a text become links, and where they lead.

import assert from "node:assert/strict";
import { test } from "node:test";

import { partsOf } from "../../../web/view/links.js";

const LINKS = [
  ["https://x.example/y", "https://x.example/y"],
  ["See https://x.example/y.", "https://x.example/y"],
  ["(https://x.example/y_(z))", "https://x.example/y_(z)"],
  ["https://x.example/y_(z)", "https://x.example/y_(z)"],
  ["(see https://x.example/y)", "https://x.example/y"],
  ["https://x.example/y...", "https://x.example/y"],
  ["https://x.example/y\u2026", "https://x.example/y"],
  ["https://x.example/y\u2019", "https://x.example/y"],
  ["\u201chttps://x.example/y\u201d", "https://x.example/y"],
  ["**https://x.example/y**", "https://x.example/y"],
  ["_https://x.example/y_", "https://x.example/y"],
  ["~https://x.example/y~", "https://x.example/y"],
  ["`https://x.example/y`", "https://x.example/y"],
  ["<https://x.example/y>", "https://x.example/y"],
  ["[https://x.example/y]", "https://x.example/y"],
  ["\u898b\u308bhttps://x.example/y\u3002", "https://x.example/y"],
  ["\u898b https://x.example/y\u3002\u305d\u308c", "https://x.example/y"],
  ["https://x.example/y\uff0cok", "https://x.example/y"],
  ["\u300chttps://x.example/y\u300d", "https://x.example/y"],
  ["\uff08https://x.example/y\uff09", "https://x.example/y"],
  ["https://x.example/?a=1&b=2!", "https://x.example/?a=1&b=2"],
  ["https://x.example/#top;", "https://x.example/#top"],
  ["https://x.example:8443/y:", "https://x.example:8443/y"],
  ["HTTPS://X.EXAMPLE/Y", "https://x.example/Y"],
  ["www.x.example", "https://www.x.example/"],
  ["www.x.example/y,", "https://www.x.example/y"],
  ["http://x.example/\u00e4", "http://x.example/%C3%A4"],
  ["javascript:alert(1)", null],
  ["data:text/html,x", null],
  ["ftp://x.example", null],
  ["x.example", null],
  ["mail oona@x.example.", "mailto:oona@x.example"],
  ["oona.operator+chat@sub.x.example", "mailto:oona.operator+chat@sub.x.example"],
  ["oona@x", null],
  ["@oona", null],
  ["+358 40 123 4567", "tel:+358401234567"],
  ["call +358401234567.", "tel:+358401234567"],
  ["00358 40 1234567", "tel:+358401234567"],
  ["040 123 4567", "tel:0401234567"],
  ["09-1234 567", "tel:091234567"],
  ["on 01.02.2026 at 10.30", null],
  ["order 0012345", null],
  ["1 + 1234567890 = x", null],
];

for (const [text, url] of LINKS) {
  test(`the link of ${text}`, () => {
    const parts = partsOf(text);

    assert.deepEqual(parts.flatMap((part) => part.url ?? []), url ? [url] : []);
    assert.equal(parts.map((part) => part.text).join(""), text);
  });
}

test("several links in one text", () => {
  const parts = partsOf("Write to oona@x.example, or see https://x.example/y (or call +358 40 123 4567).");

  assert.deepEqual(parts.flatMap((part) => part.url ?? []), [
    "mailto:oona@x.example",
    "https://x.example/y",
    "tel:+358401234567",
  ]);
});

test("a long text takes no long time", () => {
  const began = process.cpuUsage();
  partsOf("(".repeat(5000) + "https://x.example/" + ")".repeat(5000) + "0 ".repeat(5000) + "a.".repeat(5000) + "@");

  assert.ok(process.cpuUsage(began).user < 1_000_000);
});
