// A field that suggests as one types (ARIA combobox). Late answers of earlier letters are dropped.
let made = 0;

export class Suggest {
  constructor(input, { ask, chosen }) {
    Object.assign(this, { input, ask, chosen, items: [], at: -1 });
    this.list = document.createElement("ul");
    this.list.id = `options-${++made}`;
    this.list.className = "options";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Propositions");
    this.list.hidden = true;
    input.closest(".field").append(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list" })) input.setAttribute(name, value);
    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
  }

  get open() { return !this.list.hidden; }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), 80);
  }

  async look() {
    const text = this.input.value.trim();
    this.aborter?.abort();
    if (text.length < 2) return this.close();
    this.aborter = new AbortController();
    try {
      const items = await this.ask(text, this.aborter.signal);
      if (document.activeElement === this.input) this.show(items);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show(items) {
    this.items = items;
    this.at = -1;
    this.list.replaceChildren(...items.map((item, n) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${n}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const label = document.createElement("span");
      label.textContent = item.label;
      const kind = document.createElement("small");
      kind.textContent = item.detail ?? "";
      option.append(label, kind);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); this.take(n); });
      return option;
    }));
    this.list.hidden = items.length === 0;
    this.input.setAttribute("aria-expanded", String(this.open));
    this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (!this.open) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      event.stopPropagation();
      this.move(moves[event.key]);
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      this.take(this.at);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    }
  }

  move(by) {
    const count = this.items.length;
    this.at = (this.at + by + count + (this.at < 0 && by < 0 ? 1 : 0)) % count;
    [...this.list.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === this.at)));
    const option = this.list.children[this.at];
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  take(n) {
    this.close();
    this.chosen(this.items[n]);
  }
}

export async function json(url, signal) {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}
