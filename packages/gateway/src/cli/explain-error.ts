import { isEvergateError } from "@evergate/sdk";
import { NoExportError } from "../record/verify-export.ts";
import { StartError } from "../server/start-error.ts";
import { SettingError } from "../settings.ts";
import { NewerSchemaError } from "../store/migrate.ts";
import { StoreUnavailableError } from "../store/store.ts";

/** One sentence for the person at the terminal, naming what to change. Quotes no secret. */
export function explainError(error: unknown): string {
  if (
    error instanceof SettingError ||
    error instanceof StartError ||
    error instanceof NoExportError ||
    error instanceof NewerSchemaError ||
    isEvergateError(error)
  )
    return error.message;
  if (error instanceof StoreUnavailableError)
    return `The database of EVERGATE_DATABASE_URL can't be used: ${toReason(error)}`;
  const code = readCode(error);
  const message = error instanceof Error ? error.message : String(error);
  // Its message quotes the whole URL, password and all.
  if (code === "ERR_INVALID_URL")
    return "EVERGATE_DATABASE_URL is not a valid URL. Percent-encode special characters of the password.";
  // PostgreSQL's own refusals: 28 credentials, 3D no such database, 42501 no right to do it.
  if (/^(28|3D|42501)/.test(code)) return `PostgreSQL refuses EVERGATE_DATABASE_URL: ${message}.`;
  return `Evergate failed: ${message}`;
}

/** The store's own sentence, and the driver's where it says more. */
function toReason(error: StoreUnavailableError): string {
  const { cause } = error;
  // For a name with several addresses Node gives one error with an empty message and the tries inside.
  const detail =
    cause instanceof AggregateError
      ? cause.errors
          .map((tried) => (tried instanceof Error ? tried.message : String(tried)))
          .join("; ")
      : cause instanceof Error
        ? cause.message
        : "";
  return detail === "" || error.message.includes(detail)
    ? error.message
    : `${error.message.replace(/\.$/, "")}: ${detail}.`;
}

function readCode(error: unknown): string {
  const code: unknown =
    typeof error === "object" && error !== null ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "";
}
