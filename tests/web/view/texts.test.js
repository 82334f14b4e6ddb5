// The page's texts: every language says everything.

import assert from "node:assert/strict";
import { test } from "node:test";

import { speak } from "../../../web/view/texts.js";
import * as moments from "../../../web/view/moments_texts.js";
import en from "../../../web/view/texts_en.js";
import fi from "../../../web/view/texts_fi.js";
import sv from "../../../web/view/texts_sv.js";

const places = (text) => text.split("{0}").length;

for (const [language, [texts, original]] of Object.entries({
  fi: [fi, en],
  sv: [sv, en],
  "fi, in rare moments": [moments.fi, moments.en],
  "sv, in rare moments": [moments.sv, moments.en],
})) {
  test(`everything is said in ${language}, about the same things`, () => {
    assert.deepEqual(Object.keys(texts), Object.keys(original));
    for (const [name, text] of Object.entries(texts)) {
      assert.ok(text, name);
      assert.equal(places(text), places(original[name]), name);
    }
  });
}

test("a text of the site's own takes the place of the page's, and a value its place in it", () => {
  const say = speak("en-GB", { ...en, hello: "Moi!" });

  assert.equal(say("hello"), "Moi!");
  assert.equal(say("with", "$& Oona"), "With $& Oona");
  assert.equal(say.lang, "en-GB");
});
