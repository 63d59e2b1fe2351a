import { Refusal } from "./api.js";
import { element, field, say, whileBusy } from "./elements.js";

/** @import { Session } from "./api.js" */
/** @import { View } from "./main.js" */

/**
 * @param {(session: Session) => Promise<void>} enter
 * @returns {View}
 */
export function showSignIn(enter) {
  const key = element("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "200",
  });
  key.required = true;
  const partner = element("input", {
    id: "partner",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "34",
    pattern: " *partner_[0-9a-z]{26} *",
    title: "partner_ and 26 characters",
    placeholder: "partner_…",
  });
  const actor = element("input", { id: "actor", autocomplete: "name", maxlength: "100" });
  const form = element(
    "form",
    { class: "panel narrow" },
    field("API key", key, "To look, it needs the scope “read”; to do something, “webhooks:write”."),
    field("Partner", partner, "With an operator's key: for whom. Else leave it empty."),
    field("Your name", actor, "Optional: goes on the record with what you do here."),
    element("button", { type: "submit", class: "main" }, "Show the webhooks"),
  );
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    void whileBusy(form, async () => {
      say("");
      const named = partner.value.trim();
      try {
        await enter({ key: key.value.trim(), partner: named, actor: actor.value.trim() });
      } catch (error) {
        const wrong = describePartnerRefusal(error, named);
        if (wrong === null) throw error;
        partner.focus();
        throw new Error(wrong, { cause: error });
      }
    });
  });
  return {
    title: "Sign in",
    content: element("section", {}, element("h2", { tabindex: "-1" }, "Whose webhooks?"), form),
  };
}

/**
 * The API speaks of its header; here it is a field. Null: it is about something else.
 * @param {unknown} error
 * @param {string} named
 */
function describePartnerRefusal(error, named) {
  if (!(error instanceof Refusal) || error.code !== "partner_required") return null;
  return named === ""
    ? "This is an operator's key: fill in Partner, to say whose webhooks you want to see."
    : "There is no partner with this id: look at Partner again.";
}
