import { describe, expect, test } from "vitest";
import { testNow } from "../../testing/start-test-gateway.ts";
import { answerChallenge, makeChallenge } from "./challenge.ts";

const endpoint = "wh_01m86d3dj0fhrrs8thyv5t4a1p";
const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const other = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;

describe("a challenge", () => {
  const { body, isAnsweredBy } = makeChallenge(endpoint, testNow);
  const { challenge } = JSON.parse(body).data;
  const right = answerChallenge(endpoint, challenge, secret);

  test("is answered by who has the secret, also among answers with others", () => {
    expect(isAnsweredBy(JSON.stringify({ answer: right }), secret)).toBe(true);
    const both = `${answerChallenge(endpoint, challenge, other)} ${right}`;
    expect(isAnsweredBy(JSON.stringify({ answer: both }), secret)).toBe(true);
  });

  test("the answer is a plain HMAC-SHA-256, as anybody can make it", () => {
    expect(answerChallenge(endpoint, "x".repeat(43), secret)).toBe(
      // printf 'challenge.wh_01m86d3dj0fhrrs8thyv5t4a1p.xxx…' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101… -binary | base64
      "v1,Nie9yVRAEFTwW6m+gnK3IZNTtXRA1cFiAm3by65uI+o=",
    );
  });

  test.each([
    ["nothing", null],
    ["no JSON", "<html>ok</html>"],
    ["null", "null"],
    ["something else", '{"ok":true}'],
    [
      "another secret's answer",
      JSON.stringify({ answer: answerChallenge(endpoint, challenge, other) }),
    ],
    [
      "another endpoint's answer",
      JSON.stringify({ answer: answerChallenge(`${endpoint}x`, challenge, secret) }),
    ],
    [
      "another challenge's answer",
      JSON.stringify({ answer: answerChallenge(endpoint, `${challenge}x`, secret) }),
    ],
    ["the challenge itself", JSON.stringify({ answer: challenge })],
    [
      "the right answer after ten wrong ones",
      JSON.stringify({ answer: `${"v1,A ".repeat(10)}${right}` }),
    ],
  ])("is not answered by %s", (_, text) => {
    expect(isAnsweredBy(text, secret)).toBe(false);
  });

  test("is another each time", () => {
    expect(makeChallenge(endpoint, testNow).body).not.toBe(body);
  });
});
