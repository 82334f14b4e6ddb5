// How often there is a note: of each message one, of messages that come at once one.

import assert from "node:assert/strict";
import { before, test } from "node:test";

const node = { connect: (to) => to, gain: { setTargetAtTime() {} }, start: () => (notes += 1), stop() {} };
const audio = { currentTime: 0, destination: node, state: "running", resume: async () => void (audio.state = "running") };
let now = 1_000_000;
let notes = 0;
let beep;

before(async () => {
  globalThis.navigator ??= {};
  Date.now = () => now;
  globalThis.AudioContext = function () {
    return audio;
  };
  globalThis.OscillatorNode = globalThis.GainNode = function () {
    return node;
  };
  ({ beep } = await import("../../../web/view/sound.js"));
});

function notesOf(act) {
  notes = 0;
  act();
  return notes;
}

test("messages that come at once are one note, whatever the device's audio does", () => {
  assert.equal(notesOf(() => [1, 2, 3].forEach(() => beep())), 1);

  now += 600; // the audio's own clock stands still, as long as its device is not ready
  assert.equal(notesOf(beep), 1);
});

test("audio that a call or a lock of the screen has stopped goes on", () => {
  now += 600;
  audio.state = "interrupted";

  assert.equal(notesOf(beep), 1);
  assert.equal(audio.state, "running");
});
