/** Deletes an endpoint, once it was asked whether this one is meant. */

import { ask } from "./api.js";
import { button, element, foreign } from "./elements.js";
import { write, writeButton } from "./permission.js";
import { describeLoss } from "./words.js";

/** @import { Endpoint, Session } from "./api.js" */

/**
 * @param {Session} session
 * @param {() => Endpoint} getEndpoint
 * @param {(what: string) => Promise<void>} gone it is deleted: what to say of it
 */
export function makeRemoval(session, getEndpoint, gone) {
  const place = element("div");
  const dialog = element("dialog", { "aria-labelledby": "deleting" }, place);
  const opener = writeButton(
    "Delete …",
    () => {
      showQuestion(getEndpoint());
      dialog.showModal();
    },
    { class: "danger" },
  );

  /** @param {Endpoint} endpoint */
  function showQuestion(endpoint) {
    // The page's own place for what went wrong is behind the dialog.
    const wrong = element("p", { role: "alert", class: "error" });
    const keep = button("Keep it", () => dialog.close(), { class: "main" });
    const remove = button(
      "Delete it",
      async () => {
        try {
          await write(() => ask(session, "DELETE", `/v1/webhook-endpoints/${endpoint.id}`));
        } catch (error) {
          wrong.textContent = error instanceof Error ? error.message : String(error);
          return;
        }
        dialog.close();
        await gone(`The endpoint ${endpoint.url} is deleted.`);
      },
      { class: "danger" },
    );
    place.replaceChildren(
      element("h2", { id: "deleting" }, "Delete this endpoint?"),
      element("p", {}, element("strong", {}, foreign(endpoint.url))),
      element("p", {}, describeLoss(endpoint)),
      wrong,
      element("p", { class: "actions" }, keep, remove),
    );
  }

  return { button: opener, dialog };
}
