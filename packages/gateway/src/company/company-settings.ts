import type { Party } from "../store/parties.ts";
import { isCountry } from "./is-country.ts";
import { parseVatId } from "./vat-id.ts";

/** What the operator's company is set by. */
export const companyVariables = [
  "EVERGATE_COMPANY_NAME",
  "EVERGATE_COMPANY_ADDRESS",
  "EVERGATE_COMPANY_COUNTRY",
  "EVERGATE_COMPANY_VAT_ID",
  "EVERGATE_COMPANY_REGISTRATION",
  "EVERGATE_COMPANY_EMAIL",
  "EVERGATE_COMPANY_BANK",
] as const;

type Variable = (typeof companyVariables)[number];

export type CompanyEnvironment = { readonly [Name in Variable]?: string | undefined };

/** Bills have room for so many. */
const maximumLines = 6;

/**
 * Reads the operator's company, as it is to stand on bills; null where none of its variables is set.
 * `fail` is called with the sentence for the first that is wrong, and throws.
 */
export function readCompany(
  env: CompanyEnvironment,
  fail: (message: string) => never,
): Party | null {
  const isSet = (name: Variable): boolean => (env[name] ?? "").trim() !== "";
  if (!companyVariables.some(isSet)) return null;
  for (const name of companyVariables.slice(0, 3))
    if (!isSet(name))
      fail(`${name} is needed beside the other EVERGATE_COMPANY_ variables: bills bear it.`);
  const readText = (name: Variable, maximumLength: number): string | null => {
    const text = (env[name] ?? "").trim();
    if (text === "") return null;
    if (text.length > maximumLength || /\p{Cc}|\p{Cs}/u.test(text))
      fail(`${name} has to be one line of at most ${maximumLength} characters.`);
    return text;
  };
  const name = readText("EVERGATE_COMPANY_NAME", 200) ?? "";
  const addressLines = readAddress(env.EVERGATE_COMPANY_ADDRESS ?? "", fail);
  const country = readText("EVERGATE_COMPANY_COUNTRY", 100) ?? "";
  if (!isCountry(country))
    return fail(
      `EVERGATE_COMPANY_COUNTRY has to be a country's code of two letters (ISO 3166-1), such as SK; it is "${country}".`,
    );
  const vatText = readText("EVERGATE_COMPANY_VAT_ID", 40);
  const vatId = vatText === null ? null : parseVatId(vatText, country);
  if (vatText !== null && vatId === null)
    fail(`EVERGATE_COMPANY_VAT_ID has not the form of a VAT id of ${country}: "${vatText}".`);
  const email = readText("EVERGATE_COMPANY_EMAIL", 254);
  if (email !== null && !/^[^\s@]+@[^\s@]+$/.test(email))
    fail(`EVERGATE_COMPANY_EMAIL has to be an e-mail address; it is "${email}".`);
  return {
    name,
    addressLines,
    postalCode: null,
    city: null,
    country,
    vatId: vatId?.id ?? null,
    registrationNumber: readText("EVERGATE_COMPANY_REGISTRATION", 50),
    email,
    bankAccount: readText("EVERGATE_COMPANY_BANK", 200),
  };
}

/** Lines are parted by `|`, or are lines. */
function readAddress(text: string, fail: (message: string) => never): readonly string[] {
  const lines = text
    .split(/[|\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (
    lines.length === 0 ||
    lines.length > maximumLines ||
    lines.some((line) => line.length > 100 || /\p{Cc}|\p{Cs}/u.test(line))
  )
    fail(
      `EVERGATE_COMPANY_ADDRESS has to be 1 to ${maximumLines} lines of at most 100 characters, parted by |.`,
    );
  return lines;
}
