import { describe, expect, test } from "vitest";
import { runEvergate } from "../testing/run-evergate.ts";

describe("evergate", () => {
  test("prints its help without words, and with help or --help", async () => {
    for (const words of [[], ["help"], ["--help"]]) {
      const ran = await runEvergate(words, {});
      expect(ran).toMatchObject({ code: 0, errors: "" });
      expect(ran.output).toContain("evergate keys create");
      expect(ran.output).toContain("EVERGATE_DATABASE_URL");
    }
  });

  test.each([
    [["keys", "create", "--help"], "--scopes"],
    [["help", "keys", "create"], "--scopes"],
    [["help", "keys"], "--scopes"],
    [["help", "listen"], "--forward-to"],
    [["listen", "-h"], "--forward-to"],
    [["--help", "listen"], "--forward-to"],
    [["help", "webhook-keys"], "evergate webhook-keys retire [key]"],
    [["help", "help"], "evergate help [command]"],
  ])("%j prints a command's help", async (words, part) => {
    const ran = await runEvergate(words, {});
    expect(ran).toMatchObject({ code: 0, errors: "" });
    expect(ran.output).toContain(part);
    expect(ran.output).not.toContain("EVERGATE_DATABASE_URL");
  });

  test("prints its version", async () => {
    expect(await runEvergate(["version"], {})).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  test.each([
    [["lisen", "--forward-to", "x"], 'There is no command "lisen x"; did you mean listen?'],
    [["dance"], 'There is no command "dance".'],
    [["keys"], 'There is no command "keys"; there is keys create.'],
    [["keys", "make"], 'There is no command "keys make"; there is keys create.'],
    [["key", "create"], 'There is no command "key create"; did you mean keys create?'],
    [["help", "lisen"], 'There is no command "lisen"; did you mean listen?'],
    [["migrate", "now"], 'Unexpected argument "now".'],
    [["serve", "--port", "80"], "There is no option --port"],
    [["serve", "--no-migrate=yes"], "--no-migrate takes no value."],
    [["listen", "--foward-to", "x"], "There is no option --foward-to; did you mean --forward-to?"],
    [["listen", "-x"], "There is no option -x"],
    [["listen", "--forward-to"], "--forward-to needs a value: --forward-to http://localhost:3000"],
    [["listen", "--secret", "--print-json"], "--secret needs a value: --secret whsec_…"],
    [
      ["listen", "--retries", "-1"],
      '--retries is a whole number from 0 to 999999, such as 5, not "-1"',
    ],
    [["audit", "verify", "a.jsonl", "b.jsonl"], 'Unexpected argument "b.jsonl".'],
    [["audit", "verify", "--head", "1:x"], "--partner"],
    [["audit", "verify", "a.jsonl", "--head", "x"], "<position>:<hash>"],
    [["keys", "create"], "--kind is missing."],
    [["keys", "create", "--kind", "guest"], "--kind is operator or partner"],
    [["keys", "create", "--kind", "partner"], "--partner"],
    [["keys", "create", "--kind", "operator", "--scopes", "read"], "are for a partner's key"],
    [
      ["keys", "create", "--kind", "partner", "--partner", "partner_1", "--scopes", "read,all"],
      '"all"',
    ],
    [["keys", "create", "--kind", "operator", "--name", "EVERGATE_OPERATOR_KEY"], "--name"],
  ])(
    "answers %j with what is wrong, where the help is and exit code 2",
    async (words, sentence) => {
      const ran = await runEvergate(words, {});
      expect(ran).toMatchObject({ code: 2, output: "" });
      expect(ran.errors).toContain(sentence);
      // No more than two lines: the first stays in sight.
      expect(ran.errors).toMatch(/^.*\nevergate help .*\n$/);
    },
  );

  test("commands that need a database don't make an SQLite file", async () => {
    const env = { EVERGATE_DATABASE_URL: "file:./not-there.db" };
    for (const words of [["doctor"], ["keys", "create", "--kind", "operator"]]) {
      const ran = await runEvergate(words, env);
      expect(ran.code).toBe(1);
      expect(ran.output + ran.errors).toContain("There is no database ./not-there.db yet");
    }
  });
});
