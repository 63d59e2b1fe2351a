import type { Flag } from "./command.ts";

/** The flags of commands that speak to a gateway as its users do. */
export const connectionFlags: Readonly<Record<string, Flag>> = {
  url: {
    type: "string",
    value: "https://…",
    help: "where the gateway is (EVERGATE_URL, or the port of EVERGATE_PORT on this machine)",
  },
  key: { type: "string", value: "evg_…", help: "an API key; rather set EVERGATE_API_KEY" },
  partner: {
    type: "string",
    value: "partner_…",
    help: "the sandbox partner, where the key is an operator's",
  },
};
