/** Making elements in a line. */

export const $ = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

type Attribute = string | number | boolean | undefined | null | ((event: Event) => void);
const PROPERTIES = ["value", "checked", "disabled", "hidden", "selected", "open"];

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Attribute> = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.includes(name)) Object.assign(element, { [name]: value });
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Have a screen reader say something. */
export function say(text: string): void {
  $("said").textContent = "";
  $("said").textContent = text;
}
