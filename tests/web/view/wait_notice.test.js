// When a long wait is spoken of.

import assert from "node:assert/strict";
import { test } from "node:test";

import { stageOf } from "../../../web/view/wait_notice.js";

const SECOND = 1000;

for (const [seconds, name, next] of [
  [0, undefined, 60],
  [59, undefined, 1],
  [60, "waitLonger", 120],
  [179, "waitLonger", 1],
  [180, "waitLong", undefined],
  [90_000, "waitLong", undefined],
  [-30, undefined, 90],
]) {
  test(`after ${seconds} seconds`, () => {
    const { name: said, nextMs } = stageOf(seconds * SECOND);

    assert.equal(said, name);
    assert.equal(nextMs, next && next * SECOND);
  });
}
