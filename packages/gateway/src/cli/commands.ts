import type { Command } from "./command.ts";
import { findVersion } from "./find-version.ts";

/** Every command, in the order of the help. What a command needs is loaded when it is run: `version` doesn't wait for a database driver. */
export const commands: readonly Command[] = [
  {
    words: "serve",
    summary: "Start the gateway. It migrates the database first.",
    flags: {
      "no-migrate": {
        type: "boolean",
        help: "leave the database as it is, and refuse to start where it is not migrated",
      },
    },
    run: async (flags, env) => (await import("./serve.ts")).runServe(flags, env),
  },
  {
    words: "migrate",
    summary: "Bring the database to this version's schema.",
    flags: {},
    run: async (_flags, env) => (await import("./migrate.ts")).runMigrate(env),
  },
  {
    words: "keys create",
    summary: "Make an API key and show its secret, this once.",
    flags: {
      kind: { type: "string", value: "operator|partner", help: "whose key it is" },
      partner: { type: "string", value: "partner_…", help: "the partner, for a partner's key" },
      name: {
        type: "string",
        value: "text",
        help: "what the key is called in lists and in the record",
      },
      scopes: {
        type: "string",
        value: "read,…",
        help: "what a partner's key may do; all, where left out",
      },
    },
    run: async (flags, env) => (await import("./create-key.ts")).runCreateKey(flags, env),
  },
  {
    words: "settle",
    summary: "Carry out what is due, months' ends included, and say whether a month is complete.",
    flags: {
      month: { type: "string", value: "2026-12", help: "the month; the last one, where left out" },
    },
    run: async (flags, env) => (await import("./settle.ts")).runSettle(flags, env),
  },
  {
    words: "doctor",
    summary: "Check settings, database, secrets and clock.",
    flags: {},
    run: async (_flags, env) => (await import("./doctor.ts")).runDoctor(env),
  },
  {
    words: "version",
    summary: "Print the version.",
    flags: {},
    run: async () => {
      process.stdout.write(`${findVersion()}\n`);
      return 0;
    },
  },
  {
    words: "help",
    summary: "Print this.",
    flags: {},
    run: async () => {
      const { renderHelp } = await import("./render-help.ts");
      process.stdout.write(renderHelp(commands));
      return 0;
    },
  },
];
