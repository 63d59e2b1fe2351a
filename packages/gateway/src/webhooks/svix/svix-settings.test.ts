import { describe, expect, test } from "vitest";
import { readSettings, SettingError } from "../../settings.ts";

const svix = {
  EVERGATE_DELIVERY: "svix",
  EVERGATE_SVIX_URL: "https://svix.example.com/",
  EVERGATE_SVIX_TOKEN: "testsk_hunter2.eu",
};

describe("the way of delivery", () => {
  test("is the gateway's own by default", () => {
    expect(readSettings({}).svix).toBeNull();
    expect(readSettings({ EVERGATE_DELIVERY: "direct" }).svix).toBeNull();
  });

  test("is to a Svix service too, if asked for", () => {
    expect(readSettings(svix).svix).toEqual({
      url: "https://svix.example.com",
      token: "testsk_hunter2.eu",
    });
  });

  const refusals: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ ...svix, EVERGATE_DELIVERY: "pigeon" }, "EVERGATE_DELIVERY has to be direct or svix"],
    [{ ...svix, EVERGATE_DELIVERY: "" }, "EVERGATE_SVIX_URL is of use only with"],
    [{ EVERGATE_SVIX_TOKEN: "testsk_hunter2.eu" }, "EVERGATE_SVIX_TOKEN is of use only with"],
    [{ ...svix, EVERGATE_SVIX_URL: "" }, "EVERGATE_SVIX_URL is needed"],
    [{ ...svix, EVERGATE_SVIX_TOKEN: "" }, "EVERGATE_SVIX_TOKEN is needed"],
    [{ ...svix, EVERGATE_SVIX_TOKEN: "hunter2 " }, "EVERGATE_SVIX_TOKEN has to be visible ASCII"],
    ...[
      "svix.example.com",
      "ftp://svix.example.com",
      "https://a:hunter2@svix.example.com",
      "https://svix.example.com/?token=hunter2",
      "https://",
    ].map(
      (url) =>
        [
          { ...svix, EVERGATE_SVIX_URL: url },
          "EVERGATE_SVIX_URL has to be an http(s) address",
        ] as const,
    ),
  ];

  test.each(refusals)("%o is refused: %s", (env, sentence) => {
    const read = (): unknown => readSettings(env);
    expect(read).toThrow(SettingError);
    expect(read).toThrow(sentence);
    expect(read).not.toThrow("hunter2");
  });
});
