/**
 * Elements are made here, and nowhere from markup: whatever came over the wire becomes a text node, and the policy of
 * the page (`require-trusted-types-for`) refuses anything else.
 */

/** @typedef {Node | string | null} Child null is nothing */

/** What may be set as an attribute; none of them runs or loads anything. */
/** @typedef {Partial<Record<"id" | "class" | "type" | "name" | "value" | "for" | "href" | "role" | "autocomplete" | "placeholder" | "pattern" | "maxlength" | "min" | "max" | "datetime" | "tabindex" | "dir" | "spellcheck" | "title" | "aria-label" | "aria-labelledby" | "aria-describedby" | "aria-current" | "aria-disabled" | "open", string>>} Attributes */

/**
 * @template {keyof HTMLElementTagNameMap} N
 * @param {N} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[N]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** They turn the direction of what is read: a name or an answer could be shown as what it is not. */
const bidiControls = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/**
 * Text of somebody else's with what would turn it around shown as what it is.
 * @param {string} text
 */
export function reveal(text) {
  return text.replace(
    bidiControls,
    (control) => `<U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`,
  );
}

/**
 * Text of somebody else's. It can't turn the direction of what stands around it.
 * @param {string} text
 */
export function foreign(text) {
  return element("bdi", {}, reveal(text));
}

/**
 * @param {string} text
 * @param {() => void | Promise<void>} press while it runs, the button can't be pressed again
 * @param {Attributes} [attributes]
 */
export function button(text, press, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", () => void whileBusy(made, press));
  return made;
}

/**
 * Not `disabled`: that would take the focus away from whoever pressed it.
 * @param {HTMLElement} held
 * @param {() => void | Promise<void>} act
 */
export async function whileBusy(held, act) {
  if (held.getAttribute("aria-busy") === "true") return;
  held.setAttribute("aria-busy", "true");
  try {
    await act();
  } catch (error) {
    complain(error);
  } finally {
    held.removeAttribute("aria-busy");
  }
}

/**
 * A control with its label, and what helps to fill it in.
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} control has an id
 * @param {string} [help]
 */
export function field(label, control, help) {
  if (help !== undefined) control.setAttribute("aria-describedby", `${control.id}-help`);
  return element(
    "div",
    { class: "field" },
    element("label", { for: control.id }, label),
    control,
    help === undefined ? null : element("small", { id: `${control.id}-help` }, help),
  );
}

/**
 * @param {string} id
 * @param {readonly (readonly [value: string, text: string])[]} options
 * @param {string} [chosen]
 */
export function choice(id, options, chosen) {
  const made = element("select", { id });
  for (const [value, text] of options) made.append(element("option", { value }, text));
  if (chosen !== undefined) made.value = chosen;
  return made;
}

/** @param {string} id */
export function get(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

/**
 * Says what came of something, to the eye and to screen readers.
 * @param {string} text empty: nothing any more
 */
export function say(text) {
  get("dismiss").hidden = text === "";
  get("complained").textContent = "";
  get("said").textContent = reveal(text);
}

/**
 * Says what went wrong.
 * @param {unknown} error
 */
export function complain(error) {
  get("dismiss").hidden = false;
  get("said").textContent = "";
  get("complained").textContent = reveal(error instanceof Error ? error.message : String(error));
}
