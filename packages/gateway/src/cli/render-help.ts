import type { Command, Flag } from "./command.ts";

const settingsHelp = `Settings are environment variables:
  EVERGATE_DATABASE_URL            file:./evergate.db, or postgres://user@host/database
  EVERGATE_DATABASE_POOL           connections to PostgreSQL for requests (10); up to 8 more do the other work
  EVERGATE_HOST, EVERGATE_PORT     where to listen (127.0.0.1, 8080)
  EVERGATE_OPERATOR_KEY            an operator's key of your choice
  EVERGATE_SECRET_KEY              32 bytes in base64 that encrypt stored secrets; needed with PostgreSQL
  EVERGATE_ALLOW_PRIVATE_WEBHOOKS  true, or CIDRs: let webhooks go to private addresses (off)
  EVERGATE_WEBHOOK_CONCURRENCY     deliveries at once to an endpoint that doesn't say so itself (8)
  EVERGATE_DELIVERY                svix: hand events to a Svix service as well (direct); with it:
  EVERGATE_SVIX_URL                its address
  EVERGATE_SVIX_TOKEN              its API token
  EVERGATE_TRUSTED_PROXIES         addresses or CIDRs of proxies whose X-Forwarded-For is believed (none)
  EVERGATE_APPLICATIONS_PER_HOUR   how many companies may apply in an hour; a tenth from one address (100)
  EVERGATE_LOG_LEVEL               fatal, error, warn, info, debug, trace or silent (info)
  EVERGATE_URL, EVERGATE_API_KEY   for listen and trigger: the gateway, and a sandbox partner's key
  EVERGATE_COMPANY_NAME            your company as it stands on bills, and with it:
  EVERGATE_COMPANY_ADDRESS         its address, lines parted by |
  EVERGATE_COMPANY_COUNTRY         its country, two letters
  EVERGATE_COMPANY_VAT_ID, EVERGATE_COMPANY_REGISTRATION, EVERGATE_COMPANY_EMAIL, EVERGATE_COMPANY_BANK
`;

/** The help for everything. */
export function renderHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ words }) => words.length));
  const lines = commands.map(
    ({ words, summary }) => `  evergate ${words.padEnd(width)}  ${summary}`,
  );
  return `Evergate, a subscription gateway.\n\n${lines.join("\n")}\n\nevergate help <command> says more of each.\n\n${settingsHelp}`;
}

/** The help for one command. */
export function renderCommandHelp({ words, summary, flags, argument }: Command): string {
  const names = Object.entries(flags).map(([name, flag]): [string, string] => [
    toText(name, flag),
    flag.help,
  ]);
  if (argument !== undefined) names.unshift([argument.name, argument.help]);
  const width = Math.max(...names.map(([text]) => text.length), 0);
  const lines = names.map(([text, help]) => `  ${text.padEnd(width)}  ${help}\n`);
  return `evergate ${words}${argument === undefined ? "" : ` [${argument.name}]`}${lines.length === 0 ? "" : " [flags]"}\n${summary}\n${lines.length === 0 ? "" : `\n${lines.join("")}`}`;
}

function toText(name: string, { value }: Flag): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
