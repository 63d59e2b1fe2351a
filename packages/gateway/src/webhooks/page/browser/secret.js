/** Another secret for an endpoint, which is shown once. */

import { ask } from "./api.js";
import { button, choice, element, field, say, whileBusy } from "./elements.js";
import { heed, writeButton } from "./permission.js";
import { sayInstant } from "./words.js";

/** @import { Endpoint, EndpointWithSecret, Session } from "./api.js" */

const hour = 3_600;
const overlaps = /** @type {const} */ ([
  ["0", "no longer: it has leaked"],
  [`${hour}`, "for an hour"],
  [`${24 * hour}`, "for 24 hours"],
  [`${7 * 24 * hour}`, "for 7 days"],
  [`${30 * 24 * hour}`, "for 30 days"],
]);

/**
 * @param {Session} session
 * @param {string} id
 * @param {(endpoint: Endpoint) => void} changed
 */
export function makeSecret(session, id, changed) {
  const path = `/v1/webhook-endpoints/${id}`;
  const place = element("div");
  const dialog = element("dialog", { "aria-labelledby": "rotating" }, place);
  const previousText = element("p");
  const revoke = writeButton("Revoke them now", async () => {
    changed(await ask(session, "POST", `${path}/revoke-previous-secrets`));
    say("Only the present secret is good.");
  });
  const previous = element("div", { class: "panel" }, previousText, revoke);
  let isChallenged = false;

  const opener = writeButton("Rotate the secret …", () => {
    say("");
    showForm();
    dialog.showModal();
  });
  let isSecretShown = false;
  // A key pressed by mistake must not lose what is shown this once. Browsers let a second press through.
  dialog.addEventListener("cancel", (canceled) => {
    if (isSecretShown) canceled.preventDefault();
  });
  dialog.addEventListener("close", clear);

  /** However it was closed: the secret is nowhere in the page any more. */
  function clear() {
    isSecretShown = false;
    place.replaceChildren();
  }

  function showForm() {
    const overlap = choice("overlap", overlaps, `${24 * hour}`);
    const challenge = element("input", { id: "challenge", type: "checkbox" });
    challenge.checked = isChallenged;
    // The page's own place for what went wrong is behind the dialog.
    const wrong = element("p", { role: "alert", class: "error" });
    const form = element(
      "form",
      {},
      field("Sign with the secret until now as well", overlap),
      element(
        "p",
        {},
        challenge,
        " ",
        element(
          "label",
          { for: "challenge" },
          "Deliver nothing until it has proved that it has the new one",
        ),
      ),
      wrong,
      element(
        "p",
        { class: "actions" },
        element("button", { type: "submit", class: "main" }, "Rotate"),
        button("Leave it as it is", () => dialog.close()),
      ),
    );
    form.addEventListener("submit", (submitted) => {
      submitted.preventDefault();
      void whileBusy(form, async () => {
        try {
          /** @type {EndpointWithSecret} */
          const { secret } = await ask(session, "POST", `${path}/rotate-secret`, {
            overlapSeconds: Number(overlap.value),
            challenge: challenge.checked,
          });
          showSecret(secret);
        } catch (error) {
          heed(error);
          wrong.textContent = error instanceof Error ? error.message : String(error);
          return;
        }
        changed(await ask(session, "GET", path));
      });
    });
    place.replaceChildren(element("h2", { id: "rotating" }, "Rotate the secret"), form);
  }

  /** @param {string} secret */
  function showSecret(secret) {
    const shown = element(
      "textarea",
      { id: "secret", spellcheck: "false", autocomplete: "off" },
      secret,
    );
    shown.rows = 2;
    shown.readOnly = true;
    shown.addEventListener("focus", () => shown.select());
    const copied = element("span", { role: "status" });
    // Browsers give the clipboard to pages over HTTPS and on this machine only.
    const copy =
      "clipboard" in navigator
        ? button("Copy", () =>
            navigator.clipboard.writeText(secret).then(
              () => {
                copied.textContent = "Copied.";
              },
              () => {
                copied.textContent = "The browser did not allow it: copy it by hand.";
                shown.focus();
              },
            ),
          )
        : null;
    place.replaceChildren(
      element("h2", { id: "rotating" }, "The new secret"),
      field(
        "Secret",
        shown,
        "It is shown this once. Give it to your receiver, and keep it where secrets are kept.",
      ),
      element(
        "p",
        { class: "actions" },
        copy,
        button(
          "I have kept it",
          () => {
            clear();
            dialog.close();
          },
          { class: "main" },
        ),
        copied,
      ),
    );
    isSecretShown = true;
    shown.focus();
  }

  return {
    button: opener,
    dialog,
    previous,
    /** @param {Endpoint} endpoint */
    draw({ challenge, previousSecrets }) {
      isChallenged = challenge;
      previous.hidden = previousSecrets.length === 0;
      const ends = previousSecrets.map(({ expiresAt }) => sayInstant(expiresAt));
      previousText.textContent = `Earlier secrets that are still good until ${ends.join(", ")}.`;
    },
  };
}
