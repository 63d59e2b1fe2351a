import type { Command } from "./command.ts";
import { connectionFlags } from "./connection-flags.ts";
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
    words: "webhook-keys list",
    summary: "List the keys with which the gateway itself signs deliveries (v1a), newest last.",
    flags: {},
    run: async (_flags, env) => (await import("./webhook-keys.ts")).runListWebhookKeys(env),
  },
  {
    words: "webhook-keys roll",
    summary: "Make a new signing key, which signs beside those before it until they end.",
    flags: {
      "overlap-days": {
        type: "string",
        value: "0-90",
        help: "how long those before it go on; 7, where left out",
      },
    },
    run: async (flags, env) => (await import("./webhook-keys.ts")).runRollWebhookKeys(flags, env),
  },
  {
    words: "webhook-keys retire",
    summary: "End a signing key at once, as where it may have leaked.",
    argument: { name: "key", help: "its id: whkey_…" },
    flags: {},
    run: async (flags, env) => (await import("./webhook-keys.ts")).runRetireWebhookKey(flags, env),
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
    words: "listen",
    summary: "Follow a sandbox's events, and forward them, signed, to a program on this machine.",
    flags: {
      "forward-to": {
        type: "string",
        value: "http://localhost:3000/hooks",
        help: "where to; left out, events are shown only",
      },
      events: {
        type: "string",
        value: "subscription.*,…",
        help: "which events, by type or family; all, where left out",
      },
      since: {
        type: "string",
        value: "start|evt_…|instant",
        help: "begin earlier: with the first, after an event, or at a time of the sandbox; now, where left out",
      },
      secret: {
        type: "string",
        value: "whsec_…",
        help: "what to sign with; a new one each time, where left out",
      },
      retries: {
        type: "string",
        value: "n",
        help: "give an event up after n tries again, unreachable programs not counted; never, where left out",
      },
      remember: {
        type: "string",
        value: "file",
        help: "keep endpoint, secret and how far it came, and go on from there the next time",
      },
      "print-json": {
        type: "boolean",
        help: "write each delivery's body to standard output, a line each, and all else to standard error",
      },
      ...connectionFlags,
    },
    run: async (flags, env) => (await import("./listen/listen.ts")).runListen(flags, env),
  },
  {
    words: "trigger",
    summary: "Make an event happen in a sandbox, by doing what it tells of.",
    argument: { name: "event", help: "its type, such as subscription.paused" },
    flags: {
      list: { type: "boolean", help: "name every type, and what is done for it" },
      product: {
        type: "string",
        value: "prod_…|code:…",
        help: "what to subscribe to; any product that has a price, where left out",
      },
      "print-json": { type: "boolean", help: "print the event, rather than its id alone" },
      ...connectionFlags,
    },
    run: async (flags, env) => (await import("./trigger/trigger.ts")).runTrigger(flags, env),
  },
  {
    words: "audit export",
    summary: "Write the record with its chain to standard output, as JSON Lines.",
    flags: {
      partner: {
        type: "string",
        value: "partner_…",
        help: "one partner's, or the operator's own by the word operator; all, where left out",
      },
    },
    run: async (flags, env) => (await import("./audit-export.ts")).runAuditExport(flags, env),
  },
  {
    words: "audit verify",
    summary: "Check the record, of the database or of a file, and name what was tampered with.",
    argument: { name: "file", help: "what audit export has written; the database, where left out" },
    flags: {
      partner: {
        type: "string",
        value: "partner_…",
        help: "one record of the database; all, where left out",
      },
      head: {
        type: "string",
        value: "<position>:<hash>",
        help: "a head that was printed before: the record has to lead through it",
      },
    },
    run: async (flags, env) => (await import("./audit-verify.ts")).runAuditVerify(flags, env),
  },
  {
    words: "audit rekey",
    summary: "Go on with the record under the present secret key, where the one before is lost.",
    flags: {},
    run: async (_flags, env) => (await import("./audit-rekey.ts")).runAuditRekey(env),
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
    summary: "Print this, or all about one command.",
    argument: { name: "command", help: "which one, such as listen" },
    flags: {},
    run: async () => {
      const { renderHelp } = await import("./render-help.ts");
      process.stdout.write(renderHelp(commands));
      return 0;
    },
  },
];
