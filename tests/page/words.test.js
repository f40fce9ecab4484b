import assert from "node:assert/strict";
import { test } from "node:test";

// A browser without storage, as a private window is, whose owner reads German.
Object.defineProperty(globalThis, "navigator", { value: { language: "de-AT" }, configurable: true });
const marked = { dataset: { word: "open" }, textContent: "" };
Object.defineProperty(globalThis, "document", { value: { documentElement: {}, querySelectorAll: (/** @type {string} */ which) => (which === "[data-word]" ? [marked] : []) } });
const { language, name, sentence, speak, word, WORDS } = await import("../../src/facefx/studio/page/words.js");

test("the browser's language is the first, and another can be chosen", () => {
  assert.equal(language, "de");
  assert.equal(word("open"), "Öffnen");
  speak("en");
  assert.equal(word("open"), "Open");
  assert.equal(marked.textContent, "Open");
  speak("xx");
  assert.equal(word("open"), "Open");
  speak("de");
});

test("both languages have the same words, and none is empty", () => {
  const parts = (/** @type {string} */ key) => !key.startsWith("part:");
  assert.deepEqual(Object.keys(WORDS.de).filter(parts).sort(), Object.keys(WORDS.en).filter(parts).sort());
  assert.ok(Object.values(WORDS).every((table) => Object.values(table).every(Boolean)));
});

test("what the built-in effects declare is said in German, what others declare as they did", () => {
  speak("de");
  assert.equal(sentence("how much colour"), "wie viel Farbe");
  assert.equal(sentence("how much frost"), "how much frost");
  assert.equal(name("recolor_lips"), "Lippen färben");
  assert.equal(name("light"), "Licht"); // a parameter; the page's own light is a theme
  assert.equal(name("frost_hair"), "Frost hair");
  assert.equal(name("lips", "part:"), "Lippen");
  speak("en");
  assert.equal(sentence("how much colour"), "how much colour");
  assert.equal(name("recolor_lips"), "Recolor lips");
  assert.equal(name("picture", "part:"), "Whole picture");
});
