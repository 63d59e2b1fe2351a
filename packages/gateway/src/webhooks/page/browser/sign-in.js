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
      await enter({
        key: key.value.trim(),
        partner: partner.value.trim(),
        actor: actor.value.trim(),
      });
    });
  });
  return {
    title: "Sign in",
    content: element("section", {}, element("h2", { tabindex: "-1" }, "Whose webhooks?"), form),
  };
}
